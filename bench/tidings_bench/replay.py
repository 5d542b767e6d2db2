"""A topic to Parquet: `tidings replay` beside kcat piped to a file that is converted afterwards, on the same topic.

Both run alternately, each pinned to one core (the broker may use the others), each told apart by wall clock and by the
CPU time of the whole process, client threads included. kcat's file holds each record's length and bytes; the conversion
is the script that an analyst would write: fastavro per record, pyarrow per 50,000 rows.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from time import monotonic
from typing import Any

import pyarrow.parquet as pq
import typer
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient
from rich.console import Console
from rich.table import Table
from tidings_schemas.admin import ensure_topics
from tidings_schemas.catalogue import load
from tidings_schemas.codec import Codec
from tidings_schemas.registry import Registry, register_all
from tidings_schemas.settings import Settings
from tidings_schemas.topics import Topic

from . import flights
from .memory import PeakMemory
from .services import environment, prepared

_TYPE = "tidings.flights.FlightDelayed"
_ONE = frozenset({0})
_DISTINCT = 20_000  # bodies that repeat: enough that dictionaries do not make the file trivially small


@dataclass(frozen=True)
class Load:
    """How many events, over how many partitions, how often each side runs; whether kcat runs beside."""

    events: int = 1_000_000
    partitions: int = 2
    rounds: int = 3
    kcat: bool = True


@dataclass(frozen=True)
class Measured:
    """One side's best and middle round.

    Attributes:
        per_second: events by wall clock. per_cpu_second: by CPU time, all threads and processes.
        peak_mb: memory of all its processes together, at most.
    """

    per_second: int
    per_cpu_second: int
    median_per_second: int
    peak_mb: int


@dataclass(frozen=True)
class Round:
    """Wall and CPU seconds and peak memory of one run."""

    wall: float
    cpu: float
    peak_mb: int


def main(load_: Load, as_json: bool) -> None:
    """Runs it and prints the figures."""
    figures = run(load_, quiet=as_json)
    if as_json:
        typer.echo(json.dumps(figures))
        return
    table = Table("side", "events/s", "events/s of CPU", "peak MB", title="a topic to Parquet, Avro decoded")
    for name in ("tidings", "tidings_all_cores", "kcat_then_convert", "kcat_to_file"):
        side = figures.get(name)
        if side:
            table.add_row(name, f"{side['per_second']:,}", f"{side['per_cpu_second']:,}", str(side["peak_mb"]))
    Console().print(table)
    Console().print(f"tidings ÷ (kcat, then convert) = {figures['times_kcat']}; load average {figures['load_average']}")


def run(load_: Load, quiet: bool = True) -> dict[str, Any]:
    """Fills a topic, runs both sides alternately, compares what they wrote."""
    console = Console(stderr=True, quiet=quiet)
    with prepared() as settings, tempfile.TemporaryDirectory(prefix="tidings-bench-") as folder:
        topic = Topic("events.bench", "subject", "bench", partitions=load_.partitions, retention_ms=24 * 3600 * 1000)
        console.print(f"filling {load_.events:,} events")
        _fill(settings, topic, load_)
        ours, several, theirs, alone = [], [], [], []
        kcat = (shutil.which("kcat") or shutil.which("kafkacat")) if load_.kcat else None
        for number in range(load_.rounds):
            console.print(f"round {number + 1} of {load_.rounds}")
            ours.append(_tidings(settings, topic.name, Path(folder) / "ours.parquet", load_.events))
            several.append(_tidings(settings, topic.name, Path(folder) / "all", load_.events, cores=None))
            if kcat:
                piped, whole = _kcat(kcat, settings, topic.name, Path(folder), load_.events)
                alone.append(piped)
                theirs.append(whole)
        _drop(settings, topic)
    sides = {"tidings": ours, "tidings_all_cores": several, "kcat_then_convert": theirs, "kcat_to_file": alone}
    found = {name: asdict(_measured(rounds, load_.events)) if rounds else None for name, rounds in sides.items()}
    ratio = None
    if theirs:
        ratio = round(statistics.median(r.wall for r in theirs) / statistics.median(r.wall for r in ours), 2)
    machine = {"cores": os.cpu_count() or 1, "load_average": round(os.getloadavg()[0], 1)}
    return asdict(load_) | found | {"times_kcat": ratio} | machine


def _drop(settings: Settings, topic: Topic) -> None:
    """The topic takes gigabytes, and a broker that was given may live on."""
    name = settings.namespace.name(topic)
    admin = AdminClient(settings.kafka())  # must outlive the answer
    admin.delete_topics([name])[name].result(30)


def _measured(rounds: list[Round], events: int) -> Measured:
    return Measured(
        round(events / min(r.wall for r in rounds)),
        round(events / min(r.cpu for r in rounds)),
        round(events / statistics.median(r.wall for r in rounds)),
        max(r.peak_mb for r in rounds),
    )


def _fill(settings: Settings, topic: Topic, load_: Load) -> None:
    registry = Registry(settings.registry_url)
    catalogue = load()
    register_all(registry, catalogue)
    registry_codec = Codec(catalogue, registry)
    ensure_topics(settings, [topic])
    bodies = [registry_codec.encode(_TYPE, flights.delayed(n, n % 3000, n, n % 300 + 1)) for n in range(_DISTINCT)]
    config = {"linger.ms": 50, "batch.size": 1 << 20, "queue.buffering.max.messages": 200_000}
    producer = Producer(settings.kafka(**config))
    name = settings.namespace.name(topic)
    for n in range(load_.events):
        time = flights.time(n).isoformat().encode()
        while True:
            try:
                producer.produce(
                    name, bodies[n % _DISTINCT], b"UA%d" % (n % 3000), n % load_.partitions, headers=_headers(n, time)
                )
                break
            except BufferError:
                producer.poll(0.05)
    producer.flush(120)
    registry.close()


def _headers(n: int, time: bytes) -> list[tuple[str, str | bytes | None]]:
    return [
        ("ce_specversion", b"1.0"),
        ("ce_id", b"%032x" % (n * 7919)),
        ("ce_source", b"/flights/nyc"),
        ("ce_type", _TYPE.encode()),
        ("ce_subject", b"UA%d" % (n % 3000)),
        ("ce_time", time),
        ("content-type", b"application/avro"),
    ]


def _tidings(settings: Settings, topic: str, target: Path, events: int, cores: frozenset[int] | None = _ONE) -> Round:
    output = str(target) if cores else f"{target}/"
    command = [sys.executable, "-m", "tidings", "replay", topic, "-o", output, "--json", "--to", "latest"]
    done = _timed(command, environment(settings), cores)
    if cores:
        assert pq.read_metadata(target).num_rows == events
        target.unlink()
    else:
        shutil.rmtree(target)
    return done


def _kcat(kcat: str, settings: Settings, topic: str, folder: Path, events: int) -> tuple[Round, Round]:
    """(kcat into a file, the same with the conversion)."""
    raw, target = folder / "kcat.bin", folder / "kcat.parquet"
    name = settings.namespace.name(topic)
    command = [kcat, "-b", settings.bootstrap_servers, "-C", "-t", name, "-o", "beginning", "-e", "-q"]
    command += ["-f", "%p %o %T %K %S %h\\n%k%s\\n"]
    with raw.open("wb") as out:
        piped = _timed(command, dict(os.environ), _ONE, out)
    convert = [sys.executable, "-m", "tidings_bench.kcat_convert", str(raw), str(target), settings.registry_url]
    converted = _timed(convert, dict(os.environ), _ONE)
    assert pq.read_metadata(target).num_rows == events
    raw.unlink()
    target.unlink()
    whole = Round(piped.wall + converted.wall, piped.cpu + converted.cpu, max(piped.peak_mb, converted.peak_mb))
    return piped, whole


def _timed(
    command: list[str], env: dict[str, str], cores: frozenset[int] | None, out: Any = subprocess.DEVNULL
) -> Round:
    began = monotonic()
    pin = (lambda: os.sched_setaffinity(0, cores)) if cores else None
    with (
        subprocess.Popen(command, env=env, stdout=out, stderr=subprocess.PIPE, preexec_fn=pin) as child,
        PeakMemory(child.pid) as memory,
    ):
        assert child.stderr is not None
        told = child.stderr.read().decode(errors="replace")
        _, status, usage = os.wait4(child.pid, 0)
        wall = monotonic() - began
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise RuntimeError(f"{command[0]} ended with {child.returncode}: {told[-2000:]}")
    return Round(wall, usage.ru_utime + usage.ru_stime, max(memory.mb, usage.ru_maxrss // 1024))
