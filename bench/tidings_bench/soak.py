"""Does a worker's memory stay flat? Millions of events through it, its memory looked at all the while.

Events are published in portions, never further ahead of the worker than one portion, and topics keep little, so that
neither the disk nor Kafka's memory is what is measured.
"""

import json
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil
import typer
from confluent_kafka.admin import (  # type: ignore[attr-defined]
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ResourceType,
)
from rich.console import Console
from rich.table import Table
from tidings_schemas.settings import Settings

from . import flights
from .gauge import Ends, Reading, watch
from .services import prepared
from .stack import running, worker

_PORTION = 100_000
_KEPT = {"retention.bytes": str(128 << 20), "segment.bytes": str(64 << 20)}  # of each partition
#: Stages that may be soaked, and the topic that tells how far they are.
STAGES = {"match": "matches", "match,fan-out,deliver": "notifications"}


@dataclass(frozen=True)
class Load:
    """How many events, through which stages."""

    events: int = 10_000_000
    stages: str = "match"


def main(load: Load, as_json: bool) -> None:
    """Runs it and prints the figures."""
    figures = run(load, Console(stderr=True, quiet=as_json))
    if as_json:
        typer.echo(json.dumps(figures))
        return
    table = Table("events", "memory", title=f"a worker's memory: {load.stages}")
    for events, rss in figures["memory"]:
        table.add_row(f"{events:,}", f"{rss} MB")
    Console().print(table)
    Console().print(f"from a tenth of the way to the end: {figures['growth_mb']:+} MB")


def run(load: Load, console: Console) -> dict[str, Any]:
    """Starts a worker, loads it, and returns the figures."""
    with ExitStack() as opened:
        settings = opened.enter_context(prepared(("flights",)))
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="tidings-bench-")))
        _keep_little(settings)
        rules = folder / "rules.yaml"
        rules.write_text(flights.RULE)
        feed = flights.Feed(settings)
        feed.follows(flights.FLIGHTS)
        own = {"TIDINGS_DOMAINS": "flights", "TIDINGS_RULES": str(rules), "TIDINGS_STAGES": load.stages}
        server = worker(settings, folder, **own)
        opened.enter_context(running(server))
        assert server.child is not None
        ends = opened.enter_context(closing(Ends(settings, STAGES[load.stages])))
        readings = list(_readings(load.events, feed, psutil.Process(server.child.pid), ends, console))
    return {"load": asdict(load), **_figures(readings, load.events)}


def _readings(
    events: int, feed: flights.Feed, process: psutil.Process, ends: Ends, console: Console
) -> Iterator[Reading]:
    for start in range(0, events, _PORTION):
        stop = min(start + _PORTION, events)
        feed.events(range(start, stop))
        yield watch([process], ends, 0, stop, seconds=600)[-1]
        if not stop % (10 * _PORTION):
            console.print(f"{stop:,} events, {process.memory_info().rss >> 20} MB")


def _figures(readings: list[Reading], events: int) -> dict[str, Any]:
    early = next(one for one in readings if one.done >= events / 10)
    return {
        "memory": [(one.done, one.rss_mb) for one in readings],
        "growth_mb": readings[-1].rss_mb - early.rss_mb,
        "per_second": round((readings[-1].done - readings[0].done) / (readings[-1].at - readings[0].at))
        if len(readings) > 1
        else None,
        "cpu_us": round(readings[-1].cpu / readings[-1].done * 1e6, 1),
    }


def _keep_little(settings: Settings) -> None:
    client = AdminClient(settings.kafka())
    topics = [settings.namespace.name(name) for name in (flights.TOPIC, "matches", "drafts", "notifications")]
    wanted = [
        ConfigResource(
            ResourceType.TOPIC,
            topic,
            incremental_configs=[
                ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET) for name, value in _KEPT.items()
            ],
        )
        for topic in topics
    ]
    for future in client.incremental_alter_configs(wanted).values():
        future.result(20)
