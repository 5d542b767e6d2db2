"""Logs that tests write to and gateways read from: one in memory, one in Kafka, with the same handles."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Protocol

from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewPartitions, NewTopic  # type: ignore[attr-defined]
from tidings_gateway.sources.base import Source
from tidings_gateway.sources.kafka import KafkaSource
from tidings_gateway.sources.memory import MemorySource
from tidings_schemas.settings import Settings
from tidings_schemas.topics import NOTIFICATIONS

_PATIENCE = 20.0


class Log(Protocol):
    """A topic `notifications`, and what may be done to it."""

    def source(self, back: int = 20_000, margin: int = 0) -> Source:
        """A reader of it."""

    async def publish(self, user: str, *values: bytes | None) -> None:
        """Appends a user's records; an empty user: to every partition, for the followers of a topic."""

    async def trim(self, partition: int, low: int) -> None:
        """Retention removes what lies before `low`."""

    async def recreate(self) -> None:
        """Deletes the topic and makes it again, empty."""

    async def add_partitions(self, count: int) -> None:
        """Grows the topic to `count` partitions."""


class MemoryLog:
    """A `Log` in memory: one source serves all readers."""

    def __init__(self, partitions: int) -> None:
        self._source = MemorySource(partitions)

    def source(self, back: int = 20_000, margin: int = 0) -> Source:
        self._source.back, self._source.margin = back, margin
        return self._source

    async def publish(self, user: str, *values: bytes | None) -> None:
        for value in values:
            if user:
                self._source.publish(user, value)
            else:
                self._source.share(value or b"")

    async def trim(self, partition: int, low: int) -> None:
        self._source.trim(partition, low)

    async def recreate(self) -> None:
        self._source.recreate()

    async def add_partitions(self, count: int) -> None:
        self._source.add_partitions(count)


class KafkaLog:
    """A `Log` in Kafka."""

    def __init__(self, settings: Settings, partitions: int) -> None:
        self._settings = settings
        self._name = settings.namespace.name(NOTIFICATIONS)
        self._partitions = partitions
        self._admin = AdminClient(settings.kafka())
        self._producer = self._new_producer()

    def source(self, back: int = 20_000, margin: int = 0) -> Source:
        return KafkaSource(self._settings, back=back, margin=margin, room=5)

    async def create(self) -> None:
        topic = NewTopic(self._name, num_partitions=self._partitions, replication_factor=1)
        await self._done(self._admin.create_topics([topic]))

    async def delete(self) -> None:
        await self._done(self._admin.delete_topics([self._name]))

    async def publish(self, user: str, *values: bytes | None) -> None:
        for value in values:
            for partition in [{}] if user else [{"partition": p} for p in range(self._partitions)]:
                self._producer.produce(self._name, key=user.encode(), value=value, **partition)  # type: ignore[arg-type]
        assert await asyncio.to_thread(self._producer.flush, _PATIENCE) == 0

    async def trim(self, partition: int, low: int) -> None:
        await self._done(self._admin.delete_records([TopicPartition(self._name, partition, low)]))

    async def recreate(self) -> None:
        await self.delete()
        for _ in range(100):  # the name is free a moment after the broker said that the topic is deleted
            try:
                await self.create()
                break
            except Exception:
                await asyncio.sleep(0.1)
        self._producer = self._new_producer()

    async def add_partitions(self, count: int) -> None:
        self._partitions = count
        await self._done(self._admin.create_partitions([NewPartitions(self._name, count)]))
        self._producer = self._new_producer()

    async def _done(self, futures: dict[Any, Any]) -> None:
        for future in futures.values():
            await asyncio.to_thread(future.result, _PATIENCE)

    def _new_producer(self) -> Producer:
        return Producer(self._settings.kafka(partitioner="murmur2_random", **{"message.max.bytes": 2_000_000}))


@asynccontextmanager
async def kafka_log(settings: Settings, partitions: int) -> AsyncIterator[KafkaLog]:
    """A topic of its own for as long as the block lasts."""
    log = KafkaLog(settings, partitions)
    await log.create()
    try:
        yield log
    finally:
        await log.delete()
