"""A worker in this process that notes what its agent gets, and a view of the broker from outside."""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import faust
from confluent_kafka import ConsumerGroupTopicPartitions, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic
from faust.types import TP
from tidings_processors.transport import Run, Settings, Transport
from tidings_processors.transport.consumer import Consumer


async def until(condition: Callable[[], Any], what: str, within: float = 30.0) -> None:
    """Wait for a condition, not for time."""
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, f"not in {within} s: {what}"
        await asyncio.sleep(0.01)


class Broker:
    """Topics, records, committed offsets and members, as the broker has them."""

    def __init__(self, servers: str) -> None:
        self.servers = servers
        self._admin = AdminClient({"bootstrap.servers": servers})
        self._producer = Producer({"bootstrap.servers": servers, "linger.ms": 5, "enable.idempotence": True})

    def create(self, topic: str, partitions: int) -> None:
        for future in self._admin.create_topics([NewTopic(topic, partitions, 1)]).values():
            future.result()

    def publish(self, topic: str, partition: int, count: int, size: int = 0) -> None:
        for number in range(count):
            value = str(number).encode().ljust(size, b".")
            self._producer.produce(topic, value, partition=partition)
            self._producer.poll(0)
        assert self._producer.flush(30) == 0

    def committed(self, group: str, topic: str, partitions: Iterable[int]) -> list[int | None]:
        asked = ConsumerGroupTopicPartitions(group, [TopicPartition(topic, one) for one in partitions])
        (future,) = self._admin.list_consumer_group_offsets([asked]).values()
        answer = cast(ConsumerGroupTopicPartitions, future.result())
        return [one.offset if one.offset >= 0 else None for one in answer.topic_partitions or []]

    def members(self, group: str) -> int:
        (future,) = self._admin.describe_consumer_groups([group]).values()
        return len(future.result().members)


@dataclass
class Worker:
    """One app with one agent.

    Attributes:
        runs: as the agent got them.
        open: whether the agent may take runs to an end; clear it to hold the agent inside its run.
        finishes: whether runs are done when the agent is through with them.
    """

    app: faust.App
    runs: list[Run] = field(default_factory=list)
    open: asyncio.Event = field(default_factory=asyncio.Event)
    finishes: bool = True

    @property
    def consumer(self) -> Consumer:
        return cast(Consumer, self.app.consumer)

    @property
    def paused(self) -> set[TP]:
        """Partitions that are full; none before the consumer has its reader, a moment after the app's start."""
        try:
            return set(self.consumer.reader.paused)
        except RuntimeError:
            return set()

    def offsets(self, tp: TP) -> list[int]:
        return [message.offset() or 0 for run in self.runs if run.tp == tp for message in run]

    def count(self) -> int:
        return sum(map(len, self.runs))

    async def handle(self, stream: Any) -> None:
        async for run in stream:
            self.runs.append(run)
            await self.open.wait()
            if self.finishes:
                run.done()


def app_of(servers: str, group: str, settings: Settings, **conf: Any) -> faust.App:
    app = faust.App(
        group,
        broker=f"kafka://{servers}",
        store="memory://",
        value_serializer="raw",
        key_serializer="raw",
        web_enabled=False,
        topic_disable_leader=True,
        topic_allow_declare=False,
        datadir=tempfile.gettempdir(),  # Faust makes a folder there, and keeps nothing in it here
        broker_commit_interval=0.2,
        **conf,
    )
    app.transport = Transport.of(app, settings)
    return app


def worker_of(servers: str, group: str, topic: str, settings: Settings | None = None, **conf: Any) -> Worker:
    worker = Worker(app_of(servers, group, settings or Settings(), **conf))
    worker.app.agent(worker.app.topic(topic), name="handle")(worker.handle)
    worker.open.set()
    return worker


@asynccontextmanager
async def running(worker: Worker) -> AsyncIterator[Worker]:
    """Run the app until the block ends, as a worker process would.

    Faust's `start` returns with the first assignment; a test that wants less need not wait for it.
    """
    starting = asyncio.create_task(worker.app.start())
    try:
        await until(lambda: starting.done() or worker.app.started, "the app is starting")
        yield worker
    finally:
        worker.open.set()
        await worker.app.stop()
        starting.cancel()
        await asyncio.wait([starting])
