"""The match stage beside other stream processors, and Tidings' three stages together.

Each side in turn reads the same topic from its beginning, on one core, and writes to the same topic by the same rule
with acks=all; rounds alternate, and medians count. How fast it is, is told by the growth of the topic that it writes,
once it is warm. What it wrote is read back and held against the rule, so that all do the same work.
"""

import json
import os
import platform
import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.table import Table
from tidings_schemas.settings import Settings

from . import alike, flights
from .gauge import Ends, Pace, Reading, Stalled, pace, watch
from .peers import python_peers, streams
from .peers.peer import Missing, Peer
from .peers.tidings_peer import tidings
from .pinned import process, running
from .services import prepared
from .stages import three_stages

PEERS: dict[str, Callable[[], Peer]] = {
    "faust": python_peers.faust,
    "quix": python_peers.quix,
    "streams": streams.streams,
}
_WARM_SHARE = 0.4  # of the events: after these a side counts as warm even before `warm_up` has passed
_COMPARED = 1000  # outputs of each partition that are held against the rule


@dataclass(frozen=True)
class Load:
    """What is run.

    Attributes:
        events: in the topic that all read. three_stage_events: in each run of all three stages; 0 = none.
        warm_up, seconds: how long a side may warm up, and is measured.
        peers: names out of `PEERS`.
    """

    events: int = 500_000
    three_stage_events: int = 200_000
    rounds: int = 3
    warm_up: float = 6.0
    seconds: float = 8.0
    peers: tuple[str, ...] = tuple(PEERS)


def main(load: Load, as_json: bool) -> None:
    """Runs it and prints the figures."""
    figures = run(load, Console(stderr=True, quiet=as_json))
    if as_json:
        typer.echo(json.dumps(figures))
        return
    table = Table("processor", "events/s", "rounds", "µs CPU/event", "MB", title="match: one process on one core")
    for side in figures["match"]:
        rounds = " ".join(f"{one['per_second']:,}" for one in side["rounds"])
        table.add_row(
            f"{side['name']} {side['version']}",
            f"{side['per_second']:,}",
            rounds,
            str(side["cpu_us"]),
            str(side["rss_mb"]),
        )
    Console().print(table)
    for name, times in figures["times"].items():
        Console().print(f"Tidings is {times} × {name}")
    if three := figures["three_stages"]:
        rounds = " ".join(f"{one['per_second']:,}" for one in three["rounds"])
        Console().print(f"three stages in one process on one core: {three['per_second']:,} events/s ({rounds})")
    for name, why in figures["skipped"].items():
        Console().print(f"skipped {name}: {why}", style="yellow")


def run(load: Load, console: Console) -> dict[str, Any]:
    """Fills a topic, runs all sides alternately, returns the figures."""
    sides, skipped = _sides(load.peers, console)
    found: dict[str, list[Pace]] = {side.key: [] for side in sides}
    three: list[Pace] = []
    with prepared(("flights",)) as settings, tempfile.TemporaryDirectory(prefix="tidings-bench-") as folder:
        console.print(f"filling {load.events:,} events")
        feed = flights.Feed(settings)
        feed.events(range(load.events))
        expected = alike.Expected(settings, feed, Path(folder))
        for number in range(load.rounds):
            for side in sides:
                home = Path(folder) / f"{number}-{side.key}"
                found[side.key].append(_round(side, settings, load, home, expected))
                console.print(f"round {number + 1} of {load.rounds}: {side.name} {found[side.key][-1].per_second:,}/s")
            if load.three_stage_events:
                three.append(three_stages(load.three_stage_events, workers=1, users=flights.FLIGHTS))
                console.print(f"round {number + 1} of {load.rounds}: three stages {three[-1].per_second:,}/s")
    rows = [_row(found[side.key], key=side.key, name=side.name, version=side.version) for side in sides]
    return {
        "load": asdict(load),
        "machine": _machine(),
        "match": rows,
        "times": {row["name"]: round(rows[0]["per_second"] / row["per_second"], 2) for row in rows[1:]},
        "three_stages": _row(three) if three else None,
        "skipped": skipped,
    }


def _sides(names: Sequence[str], console: Console) -> tuple[list[Peer], dict[str, str]]:
    sides, skipped = [tidings()], {}
    for name in names:
        console.print(f"preparing {name}")
        try:
            sides.append(PEERS[name]())
        except Missing as why:
            skipped[name] = str(why)
            console.print(f"skipped {name}: {why}", style="yellow")
    return sides, skipped


def _round(side: Peer, settings: Settings, load: Load, home: Path, expected: alike.Expected) -> Pace:
    home.mkdir()
    job = expected.job(side.key, home)
    with closing(Ends(settings, "matches")) as ends:
        before = ends.by_partition()
        with running("peer", side.command(job), home, side.environ(job), core=0) as child:
            try:
                readings = watch([process(child)], ends, sum(before), load.events, load.warm_up + load.seconds)
            except Stalled as stalled:
                raise Stalled(f"{side.name}: {stalled}\n{child.tail()}") from stalled
        expected.check(side.name, before, ends.by_partition(), _COMPARED)
    if side.key == "tidings":  # the others get a new group each time
        alike.forget(settings, job.group)
    return pace(warm(readings, load), readings[-1])


def warm(readings: Sequence[Reading], load: Load) -> Reading:
    """The first reading that counts."""
    warm_at, enough = readings[0].at + load.warm_up, load.events * _WARM_SHARE
    return next((one for one in readings if one.at >= warm_at or one.done >= enough), readings[0])


def _row(rounds: Sequence[Pace], **names: str) -> dict[str, Any]:
    return names | {
        "per_second": round(statistics.median(one.per_second for one in rounds)),
        "cpu_us": round(statistics.median(one.cpu_us for one in rounds), 1),
        "cpu": round(statistics.median(one.cpu for one in rounds), 2),
        "rss_mb": max(one.rss_mb for one in rounds),
        "rounds": [asdict(one) for one in rounds],
    }


def _machine() -> dict[str, Any]:
    return {
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": sys.version.split()[0],
        "load_average": os.getloadavg()[0],
    }
