"""Log lines that repeat many times a second, as librdkafka's do while a broker is away: told now and then."""

from __future__ import annotations

import logging
import time
from collections.abc import Hashable


class Quiet:
    """Admits a message at once, and its repetitions once a `period` (seconds)."""

    def __init__(self, period: float) -> None:
        self._period = period
        self._last: dict[Hashable, float] = {}
        self._held: dict[Hashable, int] = {}

    def admit(self, key: Hashable, now: float) -> int | None:
        """Whether to tell the message `key` at `now`: None for no, else how many like it were held back before."""
        last = self._last.get(key)
        if last is not None and now - last < self._period:
            self._held[key] = self._held.get(key, 0) + 1
            return None
        self._last[key] = now
        return self._held.pop(key, 0)


class QuietLog:
    """What librdkafka logs to: a logger that holds repetitions of a facility (`FAIL`, `GETPID`, …) back."""

    def __init__(self, logger: logging.Logger, period: float) -> None:
        self._logger = logger
        self._quiet = Quiet(period)

    def log(self, level: int, form: str, *args: object) -> None:
        """Log one line of librdkafka: facility, client name, text."""
        held = self._quiet.admit(args[0] if args else form, time.monotonic())
        if held is not None:
            self._logger.log(level, form + more(held), *args)


def more(held: int) -> str:
    """The end of a line that stands for others."""
    return f" ({held} more like this before)" if held else ""
