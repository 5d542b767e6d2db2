"""Shell: shows how far a source is: a line that renews itself on a terminal, a log record now and then elsewhere."""

import sys
from contextlib import AbstractContextManager
from datetime import UTC
from time import monotonic
from types import TracebackType
from typing import Self

import structlog
from rich.console import Console
from rich.live import Live
from rich.text import Text

from .sources.player import Played

log = structlog.get_logger(__name__)

_RENEW_S = 0.2
_LOG_S = 10.0
_RATE_OVER_S = 5.0


class Progress(AbstractContextManager["Progress"]):
    """The past's clock, events so far, and events a second over the last seconds. Writes to stderr."""

    def __init__(self) -> None:
        self._live = Live(console=Console(stderr=True), auto_refresh=False) if sys.stderr.isatty() else None
        self._shown = 0.0
        self._before = (monotonic(), 0)
        self._rate = 0.0

    def show(self, played: Played) -> None:
        """Shows it, if it is time to."""
        now = monotonic()
        if now - self._shown < (_RENEW_S if self._live else _LOG_S):
            return
        self._shown = now
        self._measure(now, played.events)
        if self._live:
            clock = f"{played.clock.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
            self._live.update(Text(f"{clock}   {played.events:,} events   {self._rate:,.1f}/s"), refresh=True)
        else:
            log.info(
                "playing",
                clock=played.clock.astimezone(UTC).isoformat(),
                events=played.events,
                per_second=round(self._rate, 1),
            )

    def _measure(self, now: float, events: int) -> None:
        since, before = self._before
        if now - since >= _RATE_OVER_S or not self._rate:
            self._rate = (events - before) / max(now - since, 0.001)
            self._before = now, events

    def __enter__(self) -> Self:
        if self._live:
            self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        if self._live:
            self._live.stop()
