"""The topic `notifications` of a Kafka cluster, read once for all streams of this process."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from tidings_schemas.settings import Settings
from tidings_schemas.topics import NOTIFICATIONS

from .base import Batch, Bounds, Jump, Layout, Partitions, Prepare
from .handoff import Handoff
from .kafka_reader import KafkaReader
from .kafka_tail import KafkaTail
from .kafka_topic import KafkaTopic
from .merging import merged

T = TypeVar("T")

_THREADS = 6  # reads for resumes, and questions for bounds


class KafkaSource:
    """A `Source`: one consumer in a thread of its own follows the ends, a few others read back when asked.

    Partitions are assigned, not shared with a group: each gateway sees all that it is told to.

    Args:
        settings: how to reach Kafka, and the namespace.
        back: records of each partition that are read at the start, before its end.
        margin: how many of these only show which notifications were there already.
        room: records that may wait between Kafka's thread and the event loop.
    """

    def __init__(
        self,
        settings: Settings,
        back: int = 20_000,
        margin: int = 2_000,
        room: int = 20_000,
    ) -> None:
        self._topic = KafkaTopic(settings.kafka(), settings.namespace.name(NOTIFICATIONS))
        self._partitions: Partitions = range
        self._tail: KafkaTail | None = None
        self._back = back
        self._margin = margin
        self._room = room
        self._prepare: Prepare = lambda value: None
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="kafka-read")
        self._idle: list[KafkaReader] = []

    async def events(self, prepare: Prepare) -> AsyncGenerator[Layout | Batch | Jump, None]:
        """As `Source.events`."""
        self._prepare = prepare
        handoff: Handoff[Layout | Batch | Jump | Exception] = Handoff(self._room)
        tail = KafkaTail(self._topic, self._partitions, self._back, self._margin, prepare, handoff.put)
        self._tail = tail
        tail.start()
        try:
            while True:
                for event in merged(await handoff.take()):
                    if isinstance(event, Exception):
                        raise event
                    yield event
                    await asyncio.sleep(0)  # a long backlog must not keep clients from coming and going
        finally:
            self._tail = None
            handoff.close()
            await self._call(tail.stop)

    def serve(self, partitions: Partitions) -> None:
        """As `Source.serve`."""
        self._partitions = partitions
        if self._tail is not None:
            self._tail.serve(partitions)

    async def read(self, partition: int, start: int) -> AsyncGenerator[Batch | Jump, None]:
        """As `Source.read`."""
        reader = self._idle.pop() if self._idle else await self._call(lambda: KafkaReader(self._topic, self._prepare))
        resting = False
        try:
            await self._call(lambda: reader.seek(partition, start))
            while (event := await self._call(reader.next)) is not None:
                resting = True
                yield event
                resting = False
            resting = True
        finally:
            # Broken off in the middle of a call, or by an error, it is not to be trusted with another range.
            self._threads.submit(self._rest if resting else KafkaReader.close, reader)

    async def bounds(self, partition: int) -> Bounds:
        """As `Source.bounds`."""
        reader = self._idle.pop() if self._idle else await self._call(lambda: KafkaReader(self._topic, self._prepare))
        bounds = await self._call(lambda: reader.bounds(partition))
        self._idle.append(reader)
        return bounds

    async def close(self) -> None:
        """As `Source.close`."""
        await asyncio.to_thread(self._threads.shutdown)
        for reader in self._idle:
            await asyncio.to_thread(reader.close)
        self._idle.clear()

    def _rest(self, reader: KafkaReader) -> None:
        reader.rest()
        self._idle.append(reader)

    async def _call(self, blocking: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, blocking)
