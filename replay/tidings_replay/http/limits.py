"""What one analyst, and all of them, may ask at once."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from .analyst import Refusal


@dataclass(frozen=True, slots=True)
class Limits:
    """Attributes:
    span: offsets that one request may read. per_user, total: requests at the same time.
    public: topics that `/v2/stream` gives to anyone, always masked.
    """

    span: int = 5_000_000
    per_user: int = 2
    total: int = 16
    public: frozenset[str] = frozenset()


class Gate:
    """Counts what runs. Used from one event loop."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._running: Counter[str] = Counter()

    def check(self, user: str) -> None:
        """Refuses one too many.

        Raises:
            Refusal: 429, with when to try again.
        """
        if self._running[user] >= self._limits.per_user:
            detail = f"You have {self._running[user]} replays running; at most {self._limits.per_user} may run at once."
            raise Refusal(429, "Too many replays", detail, {"Retry-After": "5"})
        if self._running.total() >= self._limits.total:
            raise Refusal(429, "Too many replays", "This service is busy: try again soon.", {"Retry-After": "15"})

    @contextmanager
    def enter(self, user: str) -> Iterator[None]:
        """One request's time. See `check` for what it raises."""
        self.check(user)
        self._running[user] += 1
        try:
            yield
        finally:
            self._running[user] -= 1
            if not self._running[user]:
                del self._running[user]
