"""A source that measures how old records are when they arrive."""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from .sources.base import Batch, Bounds, Jump, Layout, Partitions, Prepare, Source


class MeasuredSource:
    """Another source, whose live batches are timed on their way.

    Args:
        source: the other one.
        observe: told, for each batch, the age of its oldest record in seconds. What lay in the log before the start
            is not told of: its age says nothing of how fast anything is.
        clock: unix seconds.
    """

    def __init__(self, source: Source, observe: Callable[[float], None], clock: Callable[[], float]) -> None:
        self._source = source
        self._observe = observe
        self._clock = clock
        self._epoch = b""
        self._ends: dict[int, int] = {}

    async def events(self, prepare: Prepare) -> AsyncGenerator[Layout | Batch | Jump, None]:
        """As `Source.events`."""
        async with aclosing(self._source.events(prepare)) as events:
            async for event in events:
                match event:
                    case Layout():
                        self._ends = event.ends | (self._ends if event.epoch == self._epoch else {})
                        self._epoch = event.epoch
                    case Batch() if event.records and event.records[0].offset >= self._ends.get(event.partition, 0):
                        self._observe(max(0.0, self._clock() - event.records[0].timestamp / 1000))
                yield event

    def serve(self, partitions: Partitions) -> None:
        """As `Source.serve`."""
        self._source.serve(partitions)

    def read(self, partition: int, start: int) -> AsyncGenerator[Batch | Jump, None]:
        """As `Source.read`."""
        return self._source.read(partition, start)

    async def bounds(self, partition: int) -> Bounds:
        """As `Source.bounds`."""
        return await self._source.bounds(partition)

    async def close(self) -> None:
        """As `Source.close`."""
        await self._source.close()
