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
        self._catching: dict[int, int] = {}  # where a partition ended when we took it up, until we have read so far
        self._turned = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._settling: dict[int, set[Session]] = {}
        self._settlers: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Begins to carry."""
        self._task = asyncio.create_task(self._run(), name="pump")

    def serves(self, partition: int) -> bool:
        """Whether the partition is ours, and read up to where it ended when we took it up."""
        return partition in self._dispatcher.hub.lanes and partition not in self._catching

    async def until_turned(self) -> None:
        """Returns when what `serves` says may have changed."""
        await self._turned.wait()

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
        if self._catching or isinstance(event, Layout):
            self._catch_up(event)

    def _catch_up(self, event: Layout | Batch | Jump) -> None:
        lanes, catching = self._dispatcher.hub.lanes, self._catching
        if isinstance(event, Jump) and event.partition in catching:  # it may go on before where it ended
            catching[event.partition] = min(event.start, catching[event.partition])
        for partition in [p for p, end in catching.items() if p not in lanes or lanes[p].tail.end >= end]:
            del catching[partition]
        if not catching:
            self.primed.set()
        self._turned.set()
        self._turned = asyncio.Event()

    def _batch(self, batch: Batch) -> None:
        counters = self._dispatcher.counters
        counters.records += len(batch.records)
        counters.lag[batch.partition] = max(0, batch.log_end - batch.end)
        self._dispatcher.publish(batch.partition, self._intake.records(batch.records), batch.end)

    def _layout(self, layout: Layout) -> None:
        dispatcher, hub = self._dispatcher, self._dispatcher.hub
        dispatcher.counters.lag.clear()
        waited = self._rewinder.forget()
        known = hub.lanes.keys() if layout.epoch == hub.epoch else ()
        self._catching.update({p: end for p, end in layout.ends.items() if p not in known})
        dispatcher.lay_out(layout)
        for partition, begin in layout.begins.items():
            if begin > hub.lanes[partition].tail.end:  # the source began again, further on
                dispatcher.jump(partition, begin, Reset.EXPIRED)
        dispatcher.resume(waited)
