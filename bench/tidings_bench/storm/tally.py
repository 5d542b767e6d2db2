"""What a storm sees, counted: a row for each second, and sums. Pure: time is passed in."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tidings_bench.figures import milliseconds, percentile

_NS = 1e9


@dataclass(slots=True)
class Row:
    """One second: how many streams were open at its end, and what happened in it."""

    second: float
    open: int
    opened: int
    closed: int
    notifications: int
    ready_p99_ms: float | None
    latency_p99_ms: float | None


@dataclass(slots=True)
class Tally:
    """Counts. Durations are nanoseconds.

    Attributes:
        ready: from asking to `ready`, of first visits; back: from being cut off to `ready` again.
        latency: from publishing to arrival.
        errors: why no stream came of a request, by kind. byes, resets: by reason.
        arrived: (user, number) of each published event → how often it came.
    """

    open: int = 0
    peak: int = 0
    opened: int = 0
    resumed: int = 0
    closed: int = 0
    dropped: int = 0
    notifications: int = 0
    ready: list[int] = field(default_factory=list)
    back: list[int] = field(default_factory=list)
    latency: list[int] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)
    byes: Counter[str] = field(default_factory=Counter)
    resets: Counter[str] = field(default_factory=Counter)
    published: dict[tuple[str, int], int] = field(default_factory=dict)
    arrived: Counter[tuple[str, int]] = field(default_factory=Counter)
    rows: list[Row] = field(default_factory=list)
    _before: tuple[int, int, int, int, int] = (0, 0, 0, 0, 0)

    def became_ready(self, took_ns: int, away_ns: int | None, resumed: bool) -> None:
        """A stream is live; `away_ns`: since when it had been cut off, None on a first visit."""
        self.open += 1
        self.opened += 1
        self.peak = max(self.peak, self.open)
        self.resumed += resumed
        if away_ns is None:
            self.ready.append(took_ns)
        else:
            self.back.append(away_ns)

    def ended(self, was_ready: bool) -> None:
        """A connection is gone."""
        self.closed += 1
        self.open -= was_ready

    def came(self, user: str, number: int, latency_ns: int) -> None:
        """A published event arrived."""
        self.arrived[user, number] += 1
        self.latency.append(latency_ns)

    def row(self, second: float) -> Row:
        """Closes the second."""
        opened, closed, notifications, ready, latency = self._before
        made = Row(
            second,
            self.open,
            self.opened - opened,
            self.closed - closed,
            self.notifications - notifications,
            _p99(self.ready[ready:]),
            _p99(self.latency[latency:]),
        )
        self._before = (self.opened, self.closed, self.notifications, len(self.ready), len(self.latency))
        self.rows.append(made)
        return made

    def summary(self, streams_of: dict[str, int]) -> dict[str, Any]:
        """All of it; `streams_of`: how many streams each user has, each of which every event should reach once."""
        due = sum(streams_of.get(user, 0) for user, _ in self.published)
        came = sum(self.arrived[event] for event in self.published)
        missing = sum(max(0, streams_of.get(event[0], 0) - self.arrived[event]) for event in self.published)
        return {
            "opened": self.opened,
            "peak": self.peak,
            "open_at_end": self.open,
            "resumed": self.resumed,
            "dropped": self.dropped,
            "closed": self.closed,
            "notifications": self.notifications,
            "ready": milliseconds(self.ready),
            "back": milliseconds(self.back),
            "errors": dict(self.errors),
            "byes": dict(self.byes),
            "resets": dict(self.resets),
            "published": len(self.published),
            "lost": missing,
            "repeated": came - due + missing,
            "latency": milliseconds(self.latency),
        }


def _p99(durations_ns: list[int]) -> float | None:
    return round(percentile(sorted(durations_ns), 0.99) / _NS * 1000, 1) if durations_ns else None
