"""A thread that ends the process when a piece of work stands still for longer than it may.

A thread, since the event loop itself may be what is stuck.
"""

import threading
from collections.abc import Callable
from time import monotonic

from .leaving import leave


class _Work:
    """A piece of work, and how it looked when it was last seen to get on."""

    __slots__ = ("progress", "seen", "since", "what")

    def __init__(self, what: str, since: float) -> None:
        self.what = what
        self.since = since
        self.progress: Callable[[], object] = lambda: None
        self.seen: object = None


class Deadman:
    """Knows which pieces of work are going on, and since when each stands still.

    Args:
        limit: seconds that a piece of work may stand still.
        on_stuck: called with what is stuck and for how long; the default ends the process with code 75.
        clock: seconds.
    """

    def __init__(
        self,
        limit: float,
        on_stuck: Callable[[str, float], None] | None = None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._limit = limit
        self._on_stuck = on_stuck or (
            lambda what, age: leave(f"{what} stood still for {age:.0f} s, {limit:.0f} s are allowed")
        )
        self._clock = clock
        self._going_on: dict[int, _Work] = {}
        self._next = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="deadman", daemon=True)

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread."""
        self._stop.set()

    def begin(self, what: str) -> int:
        """Work on `what` begins; returns the ticket for `end`."""
        self._next += 1
        self._going_on[self._next] = _Work(what, self._clock())
        return self._next

    def follow(self, ticket: int, progress: Callable[[], object]) -> None:
        """The work gets on as long as what `progress` returns changes; without this, only its end counts.

        The thread asks, about once a second: to tell it of each record would cost each record something.
        """
        self._going_on[ticket].progress = progress

    def end(self, ticket: int) -> None:
        """The work is done."""
        self._going_on.pop(ticket, None)

    def stillest(self) -> tuple[float, str] | None:
        """(seconds, what) of the work that has stood still for longest, as far as earlier calls saw it get on."""
        now = self._clock()
        going_on = list(self._going_on.values())
        for work in going_on:
            seen = work.progress()
            if seen != work.seen:
                work.seen, work.since = seen, now
        if not going_on:
            return None
        since, what = min((work.since, work.what) for work in going_on)
        return now - since, what

    def _watch(self) -> None:
        while not self._stop.wait(min(1.0, self._limit / 4)):
            stillest = self.stillest()
            if stillest is not None and stillest[0] > self._limit:
                self._on_stuck(stillest[1], stillest[0])
