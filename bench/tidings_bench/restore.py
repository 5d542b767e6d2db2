"""How long a worker takes to know its followers again, and in how much memory.

The worker is one that users run, with the fan-out stage alone; the clock runs from its start to the moment when it says
that it is ready, so that starting Python and joining the group count too. What the follows take is what it holds more
than the same worker with none.
"""

import json
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil
import typer
from rich.console import Console
from rich.table import Table
from tidings_schemas.settings import Settings

from . import flights
from .gauge import look
from .services import prepared
from .stack import running, worker


@dataclass(frozen=True)
class Load:
    """How many follows, over how many topics; `rounds` restores of them."""

    follows: int = 1_000_000
    topics: int = 50_000
    rounds: int = 2


def main(load: Load, as_json: bool) -> None:
    """Runs it and prints the figures."""
    figures = run(load, Console(stderr=True, quiet=as_json))
    if as_json:
        typer.echo(json.dumps(figures))
        return
    table = Table("follows", "ready after", "CPU", "memory", title="a worker that comes back")
    for one in (figures["empty"], *figures["rounds"]):
        table.add_row(f"{one['follows']:,}", f"{one['seconds']} s", f"{one['cpu_seconds']} s", f"{one['rss_mb']} MB")
    Console().print(table)


def run(load: Load, console: Console) -> dict[str, Any]:
    """Starts a worker on no follows, then on all of them, and returns the figures."""
    with prepared(("flights",)) as settings, tempfile.TemporaryDirectory(prefix="tidings-bench-") as name:
        folder = Path(name)
        console.print("a worker without follows")
        empty = _restored(settings, folder / "empty", 0)
        console.print(f"publishing {load.follows:,} follows")
        flights.Feed(settings).follows(load.follows, load.topics)
        rounds = []
        for number in range(load.rounds):
            rounds.append(_restored(settings, folder / str(number), load.follows))
            console.print(f"round {number + 1}: {rounds[-1]}")
    return {"load": asdict(load), "empty": empty, "rounds": rounds}


def _restored(settings: Settings, folder: Path, follows: int) -> dict[str, Any]:
    folder.mkdir()
    server = worker(settings, folder, TIDINGS_DOMAINS="flights", TIDINGS_STAGES="fan-out")
    began = time.monotonic()
    with running(server):
        seconds = time.monotonic() - began
        assert server.child is not None
        reading = look([psutil.Process(server.child.pid)], 0)
    return {
        "follows": follows,
        "seconds": round(seconds, 1),
        "cpu_seconds": round(reading.cpu, 1),
        "rss_mb": reading.rss_mb,
    }
