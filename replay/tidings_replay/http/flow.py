"""Shell: a feed as an asynchronous stream of rows: pulled in a thread, paced, limited, ended with the token,
audited."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from typing import Any

import structlog
from anyio import to_thread

from tidings_replay.core.pacing import Pacer
from tidings_replay.feed import Batch, Feed

from .analyst import Analyst
from .limits import Gate

Row = tuple[dict[str, Any], dict[tuple[str, int], int]]


@dataclass(slots=True)
class Flow:
    """One request's rows.

    Attributes:
        what: goes into the audit line. speed: see `Pacer`. limit: rows at most.
    """

    feed: Feed
    analyst: Analyst
    gate: Gate
    what: dict[str, Any]
    speed: float = float("inf")
    limit: int | None = None
    sent: int = field(default=0, init=False)
    _pacer: Pacer = field(init=False)

    def __post_init__(self) -> None:
        self._pacer = Pacer(self.speed)

    async def rows(self) -> AsyncIterator[Row | None]:
        """(row, next offsets once it is out); None now and then while nothing comes."""
        began, reason = time.monotonic(), "cut off by the client"
        with self.gate.enter(self.analyst.user):
            try:
                async with aclosing(self._batches()) as batches:
                    async for batch in batches:
                        async for row in self._paced(batch):
                            yield row
                        if self._over():
                            break
                reason = "token expired" if self._expired() else "complete"
            except Exception as error:
                reason = f"{type(error).__name__}: {error}"
                raise
            finally:
                self.feed.stop()
                seconds = round(time.monotonic() - began, 3)
                log = structlog.get_logger("audit")
                log.info(
                    "replay over HTTP", user=self.analyst.user, rows=self.sent, seconds=seconds, end=reason, **self.what
                )

    async def _batches(self) -> AsyncGenerator[Batch]:
        iterator = iter(self.feed)
        try:
            while (batch := await to_thread.run_sync(next, iterator, None)) is not None:
                yield batch
        finally:
            self.feed.stop()
            with suppress(ValueError, StopIteration):  # ValueError: the thread is still within it and ends by itself
                iterator.close()  # type: ignore[attr-defined]

    async def _paced(self, batch: Batch) -> AsyncIterator[Row | None]:
        if not batch.rows:
            yield None
        positions = dict(batch.positions)
        for row in batch.rows:
            at = row["_timestamp"]
            pause = 0.0 if at is None else self._pacer.delay(at.timestamp(), time.monotonic())
            while pause > 0 and not self._expired():
                await asyncio.sleep(min(pause, 5))
                pause -= 5
                if pause > 0:
                    yield None
            if self._over():
                return
            self.sent += 1
            positions[row["_topic"], row["_partition"]] = row["_offset"] + 1
            yield row, positions

    def _over(self) -> bool:
        return self._expired() or (self.limit is not None and self.sent >= self.limit)

    def _expired(self) -> bool:
        return time.time() >= self.analyst.expires_at
