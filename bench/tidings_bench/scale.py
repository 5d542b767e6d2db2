"""Two workers beside one: all three stages, each worker on a core of its own, alternating."""

import json
import statistics
from dataclasses import asdict, dataclass
from typing import Any

import typer
from rich.console import Console
from rich.table import Table

from .gauge import Pace
from .stages import three_stages


@dataclass(frozen=True)
class Load:
    """How many events a run has, how many runs each number of workers, and what share of a core a worker may use (0 =
    all of it)."""

    events: int = 300_000
    rounds: int = 2
    share: float = 0.0


def main(load: Load, as_json: bool) -> None:
    """Runs it and prints the figures."""
    figures = run(load, Console(stderr=True, quiet=as_json))
    if as_json:
        typer.echo(json.dumps(figures))
        return
    table = Table(
        "workers",
        "events/s",
        "rounds",
        "cores busy",
        title=f"three stages, {load.share or 1:g} of a core for each worker",
    )
    for workers in ("one", "two"):
        paces = figures[workers]
        rates = " ".join(f"{pace['per_second']:,}" for pace in paces)
        table.add_row(workers, f"{_median(paces):,}", rates, " ".join(str(pace["cpu"]) for pace in paces))
    Console().print(table)
    Console().print(f"two are {figures['times']} × one")


def run(load: Load, console: Console) -> dict[str, Any]:
    """Runs both alternately and returns the figures."""
    found: dict[str, list[dict[str, Any]]] = {"one": [], "two": []}
    for number in range(load.rounds):
        for workers, paces in enumerate(found.values(), 1):
            pace: Pace = three_stages(load.events, workers, load.share)
            paces.append(asdict(pace))
            console.print(f"round {number + 1} of {load.rounds}: {workers} × {pace.per_second:,}/s")
    return {"load": asdict(load), **found, "times": round(_median(found["two"]) / _median(found["one"]), 2)}


def _median(paces: list[dict[str, Any]]) -> int:
    return round(statistics.median(int(pace["per_second"]) for pace in paces))
