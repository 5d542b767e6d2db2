"""How a replay tells what it does and did: a progress bar, one summary, JSON."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from tidings_replay.core.plan import Cut, Plan
from tidings_replay.session import Outcome
from tidings_replay.session import Progress as Report

console = Console(stderr=True, highlight=False)


def _say(text: str) -> None:
    """One sentence on stderr, never broken into lines: a terminal wraps by itself, and a log wants it whole."""
    console.print(text, soft_wrap=True)


class Rate(ProgressColumn):
    """Records a second."""

    def render(self, task: Task) -> Text:
        """The rate of the last moments."""
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:>9,.0f}/s", style="cyan")


def note(text: str) -> None:
    """One sentence for people, on stderr."""
    _say(f"note: {text}")


@contextmanager
def progress_bar(total: int | None, shown: bool) -> Iterator[Report]:
    """A bar on stderr: offsets read of `total`, rows kept, rate, time left; nothing when not `shown`."""
    if not shown:
        yield lambda _read, _kept: None
        return
    columns = (TextColumn("{task.fields[what]}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
    with Progress(*columns, Rate(), TimeRemainingColumn(), console=console, transient=True) as bar:
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
        _say(f"note: {cut_text(cut)}")


def cut_text(cut: Cut) -> str:
    """`events.flights/0: 500 earlier records are gone by retention; what is left begins at offset 500 (…)`."""
    gone = "earlier records are" if cut.missing is None else f"{cut.missing:,} earlier offsets are"
    begins = f"offset {cut.low:,}"
    if cut.first_ms is not None:
        begins += f" ({datetime.fromtimestamp(cut.first_ms / 1000, UTC):%Y-%m-%d %H:%M:%S} UTC)"
    return f"{cut.topic}/{cut.partition}: {gone} gone by retention; what is left begins at {begins}"


def summary(outcome: Outcome, token: str | None) -> dict[str, Any]:
    """The outcome as JSON."""
    tally = outcome.tally
    seconds = round(outcome.seconds, 3)
    return {
        "read": tally.read,
        "rows": outcome.rows,
        "undecodable": tally.undecodable,
        "undecodable_file": outcome.side,
        "condition_errors": outcome.condition_errors,
        "types": dict(tally.by_type.most_common()),
        "seconds": seconds,
        "events_per_second": round(tally.read / seconds) if seconds else None,
        "files": outcome.files,
        "classification": outcome.classification.level,
        "personal_fields": list(outcome.classification.fields),
        "resume": token,
    }


def tell(outcome: Outcome, token: str | None, resume: str) -> None:
    """A few lines for people."""
    tally = outcome.tally
    rate = f", {tally.read / outcome.seconds:,.0f}/s" if outcome.seconds > 0.5 else ""
    _say(f"{outcome.rows:,} rows of {tally.read:,} records in {outcome.seconds:.1f} s{rate}")
    if outcome.files:
        shown = outcome.files[:5] + ([f"… and {len(outcome.files) - 5} more"] if len(outcome.files) > 5 else [])
        _say("written: " + ", ".join(shown))
    if outcome.classification.level == "masked" and outcome.rows:
        _say(f"masked: {', '.join(outcome.classification.fields)} (--personal shows them)")
    if outcome.condition_errors:
        _say(f"note: --where failed for {outcome.condition_errors:,} events (a field that they lack); left out")
    if tally.undecodable:
        _say(f"note: {tally.undecodable:,} records did not decode; they are in {outcome.side}")
    if token:
        _say(f"there is more; go on with:\n  tidings {resume} --resume {token}")
