"""`tidings chaos`: breaks a whole system of its own on purpose, and checks that nobody noticed."""

import asyncio
import json
import os
import platform
import signal
from collections.abc import Coroutine
from datetime import UTC, datetime
from pathlib import Path
from secrets import randbelow
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

import typer

from .simulate_cli import simulate

if TYPE_CHECKING:
    from .plan import Plan

T = TypeVar("T")
GroupProtocol = Literal["classic", "consumer"]  # of the workers' settings, which cost a second to import

app = typer.Typer(rich_markup_mode=None, context_settings={"help_option_names": ["-h", "--help"]})

app.command()(simulate)


@app.callback(invoke_without_command=True)
def chaos(
    context: typer.Context,
    seed: Annotated[
        int | None, typer.Option(help="Decides what is broken when; drawn, and printed, if left out.")
    ] = None,
    minutes: Annotated[float, typer.Option(min=0.1, help="How long to break things.")] = 2.0,
    nemeses: Annotated[str, typer.Option(help="Which, comma-separated; `list` names them.")] = "all",
    rate: Annotated[float, typer.Option(min=1, help="Events a second.")] = 60.0,
    users: Annotated[int, typer.Option(min=2, help="Users; every second one has two clients.")] = 30,
    group_protocol: Annotated[
        GroupProtocol, typer.Option(help="Who shares partitions out: the workers, or the brokers.")
    ] = "classic",
    folder: Annotated[Path | None, typer.Option(help="For the report, the history and all logs.")] = None,
    toxiproxy: Annotated[bool, typer.Option(help="Spoil links by toxiproxy, built with Go if it is not here.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Break a system of its own (Kafka, registry, workers, gateways) by a schedule, and check what clients saw.

    Prints a verdict and writes a report. Exit code 0 only when nothing was violated.

    Examples:

        tidings chaos --minutes 2

        tidings chaos --seed 7 --minutes 30 --json

        tidings chaos --nemeses broker-kill,worker-pause --folder /tmp/chaos
    """
    if context.invoked_subcommand is not None:
        return
    from .nemeses.catalogue import NEMESES

    if nemeses == "list":
        for name in NEMESES:
            typer.echo(name)
        return
    _run(_plan(seed, minutes, nemeses, rate, users, group_protocol, folder, toxiproxy), as_json)


def _plan(
    seed: int | None,
    minutes: float,
    nemeses: str,
    rate: float,
    users: int,
    group_protocol: GroupProtocol,
    folder: Path | None,
    toxiproxy: bool,
) -> "Plan":
    from tidings.local import paths

    from .nemeses.catalogue import NEMESES
    from .plan import Plan
    from .traffic import Audience

    names = list(NEMESES) if nemeses == "all" else [name.strip() for name in nemeses.split(",") if name.strip()]
    if unknown := [name for name in names if name not in NEMESES]:
        raise typer.BadParameter(f"no nemesis {', '.join(unknown)}: there are {', '.join(NEMESES)}")
    seed = randbelow(1 << 31) if seed is None else seed
    place = folder or paths.folders().state / "chaos" / f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{seed}"
    who = Audience(users=users)
    return Plan(seed, minutes * 60, names, place, rate, who, group_protocol=group_protocol, toxiproxy=toxiproxy)


def _run(plan: "Plan", as_json: bool) -> None:
    from . import report
    from .progress import progress
    from .run import Run

    place = plan.folder
    shown = progress(plan.seconds)
    shown.say(f"seed {plan.seed}; report, history and logs in {place}")
    try:
        outcome = asyncio.run(_unless_stopped(Run(plan, shown).go()))
    except TimeoutError as error:
        typer.echo(f"error: the system did not start: {error} ({place / 'system'})", err=True)
        raise typer.Exit(2) from None
    except asyncio.CancelledError:
        typer.echo("stopped; everything that ran is gone", err=True)
        raise typer.Exit(130) from None
    finally:
        shown.close()
    (place / "report.md").write_text(report.markdown(outcome, machine()), "utf-8")
    typer.echo(
        json.dumps(report.as_json(outcome)) if as_json else verdict(outcome.clean, place, report.as_json(outcome))
    )
    if not outcome.clean:
        raise typer.Exit(1)


async def _unless_stopped(run: Coroutine[Any, Any, T]) -> T:
    """Ctrl-C and SIGTERM end the system in good order, also where a shell ignores Ctrl-C for what runs behind."""
    task = asyncio.ensure_future(run)
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    return await task


def machine() -> str:
    """One line on where it ran, and how busy that was."""
    what = f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
    return f"{what}, load average {os.getloadavg()[2]:.1f}."


def verdict(clean: bool, place: Path, told: dict[str, object]) -> str:
    """What a person reads at the end."""
    lines = [f"{'clean' if clean else 'NOT clean'} (seed {told['seed']})", f"report: {place / 'report.md'}"]
    shown = ("violations", "failures", "skipped", "unasked_exits", "figures")
    lines += [f"{name.replace('_', ' ')}: {json.dumps(told[name])}" for name in shown if told[name]]
    return "\n".join([*lines, f"again: {told['again']}"])
