"""What a run says while it goes on: a moving line on a terminal, plain lines elsewhere. On stderr."""

import sys
from time import monotonic
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

_QUIET_S = 10.0  # between two plain lines


class Progress(Protocol):
    """Is told what happens."""

    def say(self, sentence: str) -> None:
        """Something happened."""

    def tick(self, at: float, published: int, seen: int, ready: int, clients: int) -> None:
        """How far it is: seconds since the first event, and counts so far."""

    def close(self) -> None:
        """Nothing more comes."""


class Plain:
    """Lines, one every ten seconds besides those that are said."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._began = monotonic()
        self._told = 0.0

    def say(self, sentence: str) -> None:
        """See `Progress.say`."""
        print(f"{monotonic() - self._began:6.1f} s  {sentence}", file=sys.stderr, flush=True)

    def tick(self, at: float, published: int, seen: int, ready: int, clients: int) -> None:
        """See `Progress.tick`."""
        if monotonic() - self._told >= _QUIET_S:
            self._told = monotonic()
            self.say(f"{at:.0f} of {self._seconds:.0f} s: {_counts(published, seen, ready, clients)}")

    def close(self) -> None:
        """See `Progress.close`."""


class Live:
    """A bar with the counts behind it, and what was said above it."""

    def __init__(self, seconds: float) -> None:
        self._bar = Bar(
            TimeElapsedColumn(), BarColumn(), TextColumn("{task.description}"), console=Console(stderr=True)
        )
        self._task = self._bar.add_task("", total=seconds)
        self._bar.start()

    def say(self, sentence: str) -> None:
        """See `Progress.say`."""
        self._bar.console.print(sentence, markup=False, highlight=False)

    def tick(self, at: float, published: int, seen: int, ready: int, clients: int) -> None:
        """See `Progress.tick`."""
        self._bar.update(self._task, completed=at, description=_counts(published, seen, ready, clients))

    def close(self) -> None:
        """See `Progress.close`."""
        self._bar.stop()


def progress(seconds: float) -> Progress:
    """The one that fits stderr."""
    return Live(seconds) if sys.stderr.isatty() else Plain(seconds)


def _counts(published: int, seen: int, ready: int, clients: int) -> str:
    return f"{published} published, {seen} seen, {ready} of {clients} clients ready"
