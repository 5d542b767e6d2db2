"""Where a run of the flights source is, told from the events that are in Kafka."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol


class Told(Protocol):
    """An event that is in Kafka."""

    @property
    def id(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def time(self) -> datetime: ...


@dataclass(frozen=True)
class Run:
    """One pass over the flights.

    Attributes:
        base: what all passes from the same start share.
        number: of the pass, from 1.
        at: the past's time to go on from.
        since: events before this are told.
        told: ids of events since then that are told already.
    """

    base: str
    number: int
    at: datetime
    since: datetime
    told: frozenset[str] = field(default=frozenset())

    @property
    def source(self) -> str:
        """The source of this pass's events."""
        return f"{self.base}/{self.number}"

    def next_pass(self, start: datetime) -> "Run":
        """The pass after this one, from `start`."""
        return Run(self.base, self.number + 1, start, start)


def progress_of(events: Iterable[Told], base: str, start: datetime, unsure: timedelta) -> Run:
    """Where the latest pass with this base is, from the last `events` of its topic.

    A source that was killed may have sent a later event of one partition and not an earlier one of another, so
    the last `unsure` of the past's time is gone through again, leaving out what is told.
    """
    passes: dict[int, list[Told]] = {}
    for event in events:
        prefix, _, number = event.source.rpartition("/")
        if prefix == base and number.isdigit():
            passes.setdefault(int(number), []).append(event)
    if not passes:
        return Run(base, 1, start, start)
    latest = max(passes)
    newest = max(event.time for event in passes[latest])
    told = frozenset(event.id for event in passes[latest])
    return Run(base, latest, max(start, newest), max(start, newest - unsure), told)
