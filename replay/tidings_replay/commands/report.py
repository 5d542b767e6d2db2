"""How a replay tells what it does and did: a progress bar, one summary, JSON."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer
from tidings_schemas.stamps import moment

from tidings_replay.core.plan import Cut, Plan
from tidings_replay.session import Outcome
from tidings_replay.session import Progress as Report

if TYPE_CHECKING:
    from rich.table import Table


def say(text: str, **style: Any) -> None:
    """A sentence on stderr as it is, brackets included, and never broken into lines: a terminal wraps by itself, and a
    log wants it whole. `style` is that of `typer.secho`, for terminals."""
    typer.secho(text, err=True, **style)


def show(table: Table) -> None:
    """A table on stdout, its cells as they are: brackets in data are no markup."""
    from rich.console import Console

    Console(highlight=False, markup=False, emoji=False).print(table)


def audit(what: str, **about: Any) -> None:
    """A line of the audit log: personal data is shown in clear."""
    import structlog
    from tidings_schemas.logs import configure

    configure("replay")
    structlog.get_logger("audit").info(what, **about)


def note(text: str) -> None:
    """One sentence for people, on stderr."""
    say(f"note: {text}")


@contextmanager
def progress_bar(total: int | None, shown: bool) -> Iterator[Report]:
    """A bar on stderr: offsets read of `total`, rows kept, rate, time left; nothing when not `shown`."""
    if not shown:
        yield lambda _read, _kept: None
        return
    from .bar import bar_of  # rich's, that nothing else here needs

    with bar_of() as bar:
        task = bar.add_task("", total=total, what="reading")

        def report(read: int, kept: int) -> None:
            bar.update(task, completed=read, what=f"{kept:,} rows")

        yield report


def wants_bar(output: str, quiet: bool) -> bool:
    """Whether a bar would be seen and would not mix with rows on the same terminal."""
    return sys.stderr.isatty() and not quiet and (bool(output) or not sys.stdout.isatty())


def tell_cuts(plan: Plan) -> None:
    """One line for each partition of which something that was asked for is gone."""
    for cut in plan.cuts:
        say(f"note: {cut_text(cut)}")


def cut_text(cut: Cut) -> str:
    """`events.flights/0: 500 earlier records are gone by retention; what is left begins at offset 500 (…)`."""
    gone = "earlier records are" if cut.missing is None else f"{cut.missing:,} earlier offsets are"
    begins = f"offset {cut.low:,}"
    if cut.first_ms is not None and (first := moment(cut.first_ms)) is not None:
        begins += f" ({first:%Y-%m-%d %H:%M:%S} UTC)"
    return f"{cut.topic}/{cut.partition}: {gone} gone by retention; what is left begins at {begins}"


def summary(outcome: Outcome, token: str | None) -> dict[str, Any]:
    """The outcome as JSON."""
    tally = outcome.tally
    seconds = round(outcome.seconds, 3)
    return {
        "read": tally.read,
        "rows": outcome.rows,
        "undecodable": tally.undecodable,
        "undecodable_files": list(outcome.sides),
        "condition_errors": outcome.condition_errors,
        "types": dict(tally.by_type.most_common()),
        "seconds": seconds,
        "events_per_second": round(tally.read / seconds) if seconds else None,
        "files": outcome.files,
        "classification": outcome.classification.level,
        "personal_fields": list(outcome.classification.fields),
        "trouble": outcome.trouble,
        "resume": token,
    }


def tell(outcome: Outcome, token: str | None, resume: str) -> None:
    """A few lines for people."""
    tally = outcome.tally
    rate = f", {tally.read / outcome.seconds:,.0f}/s" if outcome.seconds > 0.5 else ""
    say(f"{outcome.rows:,} rows of {tally.read:,} records in {outcome.seconds:.1f} s{rate}")
    if outcome.files:
        shown = outcome.files[:5] + ([f"… and {len(outcome.files) - 5} more"] if len(outcome.files) > 5 else [])
        say("written: " + ", ".join(shown))
    if outcome.classification.level == "masked" and outcome.rows:
        say(f"masked: {', '.join(outcome.classification.fields)} (--personal shows them)")
    if outcome.condition_errors:
        say(f"note: --where failed for {outcome.condition_errors:,} events (a field that they lack); left out")
    if tally.undecodable:
        say(f"note: {tally.undecodable:,} records did not decode; they are in {', '.join(outcome.sides)}")
    if token:
        say(f"there is more; go on with:\n  tidings {resume} --resume {token}")
