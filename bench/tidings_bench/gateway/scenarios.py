"""`tidings bench gateway`: which scenario, with which sides, and how its figures are printed."""

import json
import os
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import typer
from rich.console import Console
from rich.table import Table
from tidings_gateway.native.sender import Sender
from tidings_schemas.native.build import NotBuilt

from . import aborts, broadcast, idle, resume, scale, slow, spread, targeted
from .ours import Ours
from .peers import PEERS
from .side import Side

Figures = dict[str, dict[str, Any]]
Say = Callable[[str], None]


@dataclass(frozen=True)
class Load:
    """How much: clients, seconds a round, broadcasts on their way at one time, rounds for each side; of scale and
    spread also the share of a core that each worker may use (0 = all of it)."""

    streams: int
    seconds: float
    in_flight: int
    rounds: int
    share: float = 0.0


def ours(say: Say) -> list[Ours]:
    """In pure Python, and with the native loop if it can be had."""
    try:
        Sender()
    except NotBuilt as error:
        say(f"without the native loop: {error}")
        return [Ours()]
    return [Ours(), Ours(native=True)]


def sides(peers: Sequence[str], say: Say) -> list[Side]:
    """Ours, and the peers that are there; what is missing is told, with how to get it."""
    found: list[Side] = [*ours(say)]
    for peer in (PEERS[name] for name in peers):
        remedy = peer.missing()
        if remedy is None:
            found.append(peer)
        else:
            say(f"without {peer.name}: {remedy}")
    return found


def main(scenario: str, load: Load, peers: Sequence[str], as_json: bool) -> None:
    """Runs a scenario and prints its figures; exit code 1 if anything was lost."""
    console = Console(stderr=True)
    figures = SCENARIOS[scenario](load, peers, lambda text: console.print(text, highlight=False))
    if as_json:
        typer.echo(json.dumps({"scenario": scenario, "machine": machine(), "sides": figures}))
    else:
        Console().print(table(scenario, figures))
    if any(side.get("lost") for side in figures.values()):
        raise typer.Exit(1)


def machine() -> dict[str, Any]:
    """Where and when this was measured, and how much else was running."""
    return {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "kernel": platform.release(),
        "load_average": [round(load, 2) for load in os.getloadavg()],
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def table(title: str, figures: Figures) -> Table:
    """A column for each side, a row for each figure."""
    made = Table("figure", *figures, title=f"gateway: {title}")
    for name in dict.fromkeys(name for side in figures.values() for name in side):
        made.add_row(name, *(_text(side.get(name)) for side in figures.values()))
    return made


def _text(value: Any) -> str:
    return "–" if value is None else f"{value:,}" if isinstance(value, int | float) else str(value)


def _broadcast(load: Load, peers: Sequence[str], say: Say) -> Figures:
    wanted = broadcast.Load(load.streams, load.seconds, load.in_flight, load.rounds)
    return broadcast.run(wanted, sides(peers, say), say)


def _targeted(load: Load, peers: Sequence[str], say: Say) -> Figures:
    return targeted.run(targeted.Load(load.streams, seconds=load.seconds, rounds=load.rounds), ours(say), say)


def _scale(load: Load, peers: Sequence[str], say: Say) -> Figures:
    wanted = broadcast.Load(load.streams, load.seconds, load.in_flight, load.rounds)
    return scale.run(wanted, len(ours(say)) > 1, load.share, say)


def _spread(load: Load, peers: Sequence[str], say: Say) -> Figures:
    return spread.run(targeted.Load(load.streams, rounds=load.rounds), len(ours(say)) > 1, load.share, say)


def _slow(load: Load, peers: Sequence[str], say: Say) -> Figures:
    return slow.run(slow.Load(seconds=load.seconds, rounds=load.rounds), ours(say), say)


SCENARIOS: dict[str, Callable[[Load, Sequence[str], Say], Figures]] = {
    "broadcast": _broadcast,
    "targeted": _targeted,
    "scale": _scale,
    "spread": _spread,
    "idle": lambda load, peers, say: idle.run(load.streams, load.rounds, say),
    "resume": lambda load, peers, say: resume.run(load.streams, load.rounds, say),
    "slow": _slow,
    "aborts": lambda load, peers, say: aborts.run(load.streams, say),
}
