"""Resumes beyond memory: one read of the log serves every session that waits for the same partition (rewind.py)."""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import aclosing

import structlog
from tidings_schemas.errors import TidingsError

from .core.session import Session
from .core.window import Window
from .dispatcher import Dispatcher
from .intake import Intake
from .rewind import Rewind
from .sources.base import Batch, Jump, Source
from .stream_settings import StreamSettings

log = structlog.get_logger(__name__)

_GATHER_S = 0.02  # a storm's clients come within moments: let them share the round
_RETRY_S = 1.0


class Rewinder:
    """Feeds sessions that memory cannot serve.

    Args:
        source: the log; its own cap on concurrent reads applies.
        dispatcher: writes to the sessions.
        intake: makes records.
        settings: how far back, and how much to read before a position to recognise replays.
        clock: unix seconds.
    """

    def __init__(
        self,
        source: Source,
        dispatcher: Dispatcher,
        intake: Intake,
        settings: StreamSettings,
        clock: Callable[[], float],
    ) -> None:
        self._source = source
        self._dispatcher = dispatcher
        self._intake = intake
        self._settings = settings
        self._clock = clock
        self._seats = asyncio.Semaphore(settings.rewind_reads)
        self._waiting: dict[int, set[Session]] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}

    def add(self, session: Session) -> None:
        """The session waits for records from its position on."""
        partition = session.partition
        self._waiting.setdefault(partition, set()).add(session)
        if partition not in self._tasks:
            self._tasks[partition] = asyncio.create_task(self._serve(partition), name=f"rewind-{partition}")

    def forget(self, partitions: Iterable[int] | None = None) -> set[Session]:
        """Stops reading these partitions (default: all): their log has changed. Returns those who waited."""
        waited: set[Session] = set()
        for partition in list(self._tasks) if partitions is None else partitions:
            waited |= self._waiting.pop(partition, set())
            task = self._tasks.pop(partition, None)
            if task is not None:
                task.cancel()
        return waited

    async def stop(self) -> None:
        """Stops reading."""
        tasks = list(self._tasks.values())
        self.forget()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, partition: int) -> None:
        try:
            while self._waiting.get(partition):
                await asyncio.sleep(_GATHER_S)
                async with self._seats:
                    await self._attempt(partition)
        finally:
            if self._tasks.get(partition) is asyncio.current_task():
                del self._tasks[partition]

    async def _attempt(self, partition: int) -> None:
        try:
            await self._round(partition)
        except TidingsError as error:
            log.warning("cannot read the log for resuming clients; trying again", error=str(error))
            await asyncio.sleep(_RETRY_S)

    async def _round(self, partition: int) -> None:
        settings = self._settings
        low = (await self._source.bounds(partition)).low
        waiting = self._waiting.get(partition, set())
        window = Window(settings.dedupe_window)
        reach, margin = settings.rewind_events, settings.dedupe_margin
        rewind = Rewind(self._dispatcher, partition, waiting, low, reach, margin, window)
        if rewind.done:
            return
        self._dispatcher.counters.rewinds += 1
        async with aclosing(self._source.read(partition, rewind.at)) as events:
            async for event in events:
                self._step(rewind, event)
                if rewind.done:
                    return
        rewind.finish()

    def _step(self, rewind: Rewind, event: Batch | Jump) -> None:
        if isinstance(event, Jump):
            rewind.jump(event.start, event.reason)
            return
        oldest = (self._clock() - self._settings.rewind_age) * 1000
        old = [raw.offset for raw in event.records if 0 < raw.timestamp < oldest]
        if old:
            rewind.too_old(old[-1])
        rewind.take(self._intake.records(event.records), event.end)
