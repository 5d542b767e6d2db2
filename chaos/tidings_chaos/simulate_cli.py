"""`tidings chaos simulate`: thousands of schedules of the pure cores on a virtual clock."""

import json
from time import perf_counter
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

_SHOWN = 5


def simulate(
    schedules: Annotated[int, typer.Option(min=1, help="How many.")] = 10_000,
    seed: Annotated[int, typer.Option(min=0, help="Number of the first; the others follow it.")] = 0,
    jobs: Annotated[int, typer.Option(min=0, help="Processes; 0 = one a core.")] = 0,
    bug: Annotated[str, typer.Option(help="Seed a bug, to see it found; `list` names them.")] = "",
    replay: Annotated[int | None, typer.Option(help="Run this one schedule, and show it step by step.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Run the cores of stages, ledger and gateway together, in orders that a seed draws, and check what clients saw.

    Workers crash and lose their sessions, records arrive late or twice, gateways come and go, clients are slow.
    Exit code 0 only when nothing was violated.

    Examples:

        tidings chaos simulate --schedules 10000

        tidings chaos simulate --replay 271

        tidings chaos simulate --schedules 500 --bug "a cursor is off by one"
    """
    from .sim import many
    from .sim.bugs import BUGS

    if bug == "list":
        for name in BUGS:
            typer.echo(name)
        return
    if bug and bug not in BUGS:
        raise typer.BadParameter(f"no bug {bug!r}: there are {', '.join(BUGS)}")
    if replay is not None:
        _show(many.explained(replay, bug), as_json)
        return
    began = perf_counter()
    with _bar() as bar:
        task = bar.add_task("", total=schedules)
        found = many.many(seed, schedules, bug, jobs or None, lambda done: bar.update(task, completed=done))
    _tell(found, perf_counter() - began, seed, as_json)


def _tell(found: Any, seconds: float, seed: int, as_json: bool) -> None:
    result = {
        "clean": not found.failures,
        "schedules": found.schedules,
        "seed": seed,
        "seconds": round(seconds, 1),
        "failed": len(found.failures),
        "first_failures": dict(list(found.failures.items())[:_SHOWN]),
        "figures": dict(found.figures),
    }
    if as_json:
        typer.echo(json.dumps(result))
    else:
        typer.echo(f"{found.schedules} schedules in {seconds:.1f} s: {len(found.failures)} failed")
        typer.echo(", ".join(f"{value} {name.replace('_', ' ')}" for name, value in found.figures.items()))
        for number, wrong in list(found.failures.items())[:_SHOWN]:
            typer.echo(f"schedule {number}: {wrong[0]}  (tidings chaos simulate --replay {number})")
    if found.failures:
        raise typer.Exit(1)


def _show(told: Any, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(told))
    else:
        for part, lines in told.items():
            typer.echo(f"{part}:")
            for line in lines or ["none"]:
                typer.echo(f"  {line}")
    if told["violations"]:
        raise typer.Exit(1)


def _bar() -> Progress:
    return Progress(BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=Console(stderr=True))
