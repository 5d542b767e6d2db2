"""`tidings bench model`: the model's answers as a table, as JSON, as a picture."""

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.table import Table

from .arithmetic import Fleet, fleet
from .costs import Assumed, Load, Measured
from .recovery import Recovery, recover

_CUT = 1 / 3
#: gzip (ADR 112): the share of a frame's bytes that is left, CPU in µs a frame, bytes of memory a stream.
_GZIP = (0.135, 8.5, 16_300)
_SPARES = {"no spare machines": 0.0, "a quarter more": 0.25, "half as many more": 0.5}


def stored() -> dict[str, Any]:
    """What was measured for the figures in docs/scale.md, and on which machine."""
    found: dict[str, Any] = json.loads(files("tidings_bench.model").joinpath("measured.json").read_text("utf-8"))
    return found


def measured_of(found: Mapping[str, Any]) -> Measured:
    """The costs out of a measurement."""
    names = ("busy_cpu", "base_bytes", "stream_bytes", "open_us", "beat_us", "deliver_us", "read_us")
    return Measured(**{name: found["costs"][name] for name in names}, stages_us=found["stages_us"])


def with_gzip(load: Load, measured: Measured) -> tuple[Load, Measured]:
    """The same with compressed streams."""
    share, cpu, memory = _GZIP
    costs = replace(measured, deliver_us=measured.deliver_us + cpu, stream_bytes=measured.stream_bytes + memory)
    return replace(load, frame=round(load.frame * share)), costs


def recoveries(load: Load, measured: Measured, assumed: Assumed) -> dict[str, Recovery]:
    """A third of the machines vanishes, with so many more of them than the usual work asks for."""
    gateways = fleet(load, measured, assumed).gateways
    used = sum(gateways.parts.values())
    found = {}
    for name, spare in _SPARES.items():
        left = gateways.machines * (1 + spare) * (1 - _CUT)
        free = left * assumed.cores * (1 - measured.busy_cpu) - used
        found[name] = recover(load.open * _CUT, free / (measured.open_us / 1e6))
    return found


def main(load: Load, assumed: Assumed, source: Mapping[str, Any], plot: Path | None, as_json: bool) -> None:
    """Prints it, and draws it if asked to."""
    measured = measured_of(source)
    plain, packed = fleet(load, measured, assumed), fleet(*with_gzip(load, measured), assumed)
    after = recoveries(load, measured, assumed)
    if plot is not None:
        from . import picture

        picture.draw(load, measured, assumed, after, plot)
    if as_json:
        answer = {"load": asdict(load), "assumed": asdict(assumed), "measured": dict(source)}
        fleets = {"plain": asdict(plain), "gzip": asdict(packed)}
        back = {name: {"half_s": one.half, "all_s": one.all} for name, one in after.items()}
        typer.echo(json.dumps(answer | {"fleet": fleets, "back": back}))
        return
    Console().print(_table(load, plain, packed))
    Console().print(_back(after))


def _table(load: Load, *fleets: Fleet) -> Table:
    title = f"{load.users:,} connected users, {load.rate:,.0f} notifications/s"
    table = Table("", "plain", "gzip", title=title)
    for name, value in _lines(fleets[0]).items():
        table.add_row(name, value, _lines(fleets[1])[name])
    return table


def _lines(found: Fleet) -> dict[str, str]:
    gateways, kafka = found.gateways, found.kafka
    total = sum(gateways.parts.values())
    return {
        "gateways for CPU": f"{gateways.cpu:.1f}",
        **{f"  {name}": f"{gateways.cpu * cores / total:.1f}" for name, cores in gateways.parts.items()},
        "gateways for memory": f"{gateways.memory:.1f}",
        "gateways for network": f"{gateways.network:.1f}",
        "gateways, and spare": f"{gateways.machines} + {gateways.spare}",
        "gives first": gateways.first,
        "to clients": f"{gateways.out_bits / 1e9:.1f} Gbit/s",
        "processors": f"{found.processor_cores:,.0f} cores",
        "partitions of each topic": f"{kafka.partitions:,}",
        "brokers for bytes in": f"{kafka.by_bytes:.1f}",
        "brokers for disk": f"{kafka.by_disk:.1f}",
        "brokers for partitions": f"{kafka.by_partitions:.1f}",
        "brokers": f"{kafka.brokers}",
        **{f"a month: {name}": f"{price:,.0f}" for name, price in found.month.items()},
        "a month, together": f"{sum(found.month.values()):,.0f}",
    }


def _back(after: Mapping[str, Recovery]) -> Table:
    table = Table("a third of the gateways vanishes", "half back after", "99.9 % back after")
    for name, one in after.items():
        table.add_row(name, f"{one.half:.1f} s", f"{one.all:.1f} s")
    return table
