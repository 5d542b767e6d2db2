"""A thread that ends the process when a piece of work takes longer than it may.

A thread, since the event loop itself may be what is stuck.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

from .leaving import leave


class Deadman:
    """Knows which pieces of work are going on, and since when.

    Args:
        limit: seconds that a piece of work may take.
        on_stuck: called with what is stuck and for how long; the default ends the process with code 75.
    """

    def __init__(self, limit: float, on_stuck: Callable[[str, float], None] | None = None) -> None:
        self._limit = limit
        self._on_stuck = on_stuck or (lambda what, age: leave(f"{what} took {age:.0f} s, {limit:.0f} s are allowed"))
        self._since: dict[int, tuple[float, str]] = {}
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
        self._since[self._next] = (monotonic(), what)
        return self._next

    def end(self, ticket: int) -> None:
        """The work is done."""
        self._since.pop(ticket, None)

    @contextmanager
    def watching(self, what: str) -> Iterator[None]:
        """The block is a piece of work."""
        ticket = self.begin(what)
        try:
            yield
        finally:
            self.end(ticket)

    def oldest(self) -> tuple[float, str] | None:
        """(seconds, what) of the work that takes longest."""
        going_on = list(self._since.values())
        if not going_on:
            return None
        since, what = min(going_on)
        return monotonic() - since, what

    def _watch(self) -> None:
        while not self._stop.wait(min(1.0, self._limit / 4)):
            oldest = self.oldest()
            if oldest is not None and oldest[0] > self._limit:
                self._on_stuck(oldest[1], oldest[0])
