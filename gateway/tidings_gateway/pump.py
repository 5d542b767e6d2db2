"""Carries what the source says to the streams, in order, and knows when the tails are primed."""

import asyncio
from contextlib import aclosing

import structlog
from tidings_schemas.errors import TidingsError

from .core.reasons import Reset
from .core.session import Session
from .dispatcher import Dispatcher
from .intake import Intake
from .rewinder import Rewinder
from .sources.base import Batch, Jump, Layout, Source

log = structlog.get_logger(__name__)

_RETRY_S = 1.0


class Pump:
    """One task for all partitions.

    Args:
        source: the log.
        dispatcher, rewinder, intake: where its events go.

    Attributes:
        primed: set once every partition was read up to where it ended at the start.
    """

    def __init__(self, source: Source, dispatcher: Dispatcher, rewinder: Rewinder, intake: Intake) -> None:
        self.primed = asyncio.Event()
        self._source = source
        self._dispatcher = dispatcher
        self._rewinder = rewinder
        self._intake = intake
        self._ends: dict[int, int] = {}
        self._task: asyncio.Task[None] | None = None
        self._settling: dict[int, set[Session]] = {}
        self._settlers: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Begins to carry."""
        self._task = asyncio.create_task(self._run(), name="pump")

    async def stop(self) -> None:
        """Stops carrying."""
        tasks = [task for task in (self._task, *self._settlers) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def settle(self, session: Session) -> None:
        """Asks where the session's log really ends, once for all who wait for the same answer."""
        waiting = self._settling.setdefault(session.partition, set())
        waiting.add(session)
        if len(waiting) == 1:
            task = asyncio.create_task(self._settle(session.partition))
            self._settlers.add(task)
            task.add_done_callback(self._settlers.discard)

    async def _settle(self, partition: int) -> None:
        high = None
        while high is None and partition in self._dispatcher.hub.lanes:
            try:
                high = (await self._source.bounds(partition)).high
            except TidingsError as error:
                log.warning("cannot ask for the log's end; trying again", error=str(error))
                await asyncio.sleep(_RETRY_S)
        for session in self._settling.pop(partition, ()):
            self._dispatcher.settled(session, high or 0)

    async def _run(self) -> None:
        while True:
            try:
                async with aclosing(self._source.events(self._intake.prepare)) as events:
                    async for event in events:
                        self._take(event)
            except Exception:  # whatever it was, the streams must not fall silent
                log.exception("reading the log failed; beginning again")
            await asyncio.sleep(_RETRY_S)

    def _take(self, event: Layout | Batch | Jump) -> None:
        match event:
            case Batch():
                self._batch(event)
            case Jump():
                waited = self._rewinder.forget([event.partition])
                self._dispatcher.jump(event.partition, event.start, event.reason)
                self._dispatcher.resume(waited)
            case Layout():
                self._layout(event)
        if not self.primed.is_set() and self._is_primed():
            self.primed.set()

    def _batch(self, batch: Batch) -> None:
        counters = self._dispatcher.counters
        counters.records += len(batch.records)
        counters.lag[batch.partition] = max(0, batch.log_end - batch.end)
        self._dispatcher.publish(batch.partition, self._intake.records(batch.records), batch.end)

    def _layout(self, layout: Layout) -> None:
        dispatcher, hub = self._dispatcher, self._dispatcher.hub
        self._ends = layout.ends
        dispatcher.counters.lag.clear()
        waited = self._rewinder.forget()
        dispatcher.lay_out(layout)
        for partition, begin in layout.begins.items():
            if begin > hub.lanes[partition].tail.end:  # the source began again, further on
                dispatcher.jump(partition, begin, Reset.EXPIRED)
        dispatcher.resume(waited)

    def _is_primed(self) -> bool:
        lanes = self._dispatcher.hub.lanes
        return bool(self._ends) and all(lanes[p].tail.end >= end for p, end in self._ends.items())
