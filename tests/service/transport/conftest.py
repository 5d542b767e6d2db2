"""What the transport's tests share."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from faust.types import TP
from tidings_processors.transport import Settings

from tests.service.transport.harness import Broker, Worker, worker_of


@dataclass
class Place:
    """A topic of the test's own, and a group for it."""

    broker: Broker
    topic: str
    group: str
    partitions: int

    def tp(self, partition: int) -> TP:
        return TP(self.topic, partition)

    def worker(self, settings: Settings | None = None, **conf: Any) -> Worker:
        return worker_of(self.broker.servers, self.group, self.topic, settings, **conf)

    def committed(self) -> list[int | None]:
        return self.broker.committed(self.group, self.topic, range(self.partitions))

    def fill(self, count: int, size: int = 0) -> None:
        """`count` records in each partition."""
        for partition in range(self.partitions):
            self.broker.publish(self.topic, partition, count, size)


@pytest.fixture(scope="session")
def broker(kafka: Any) -> Broker:
    return Broker(kafka.bootstrap_servers)


@pytest.fixture
def place(broker: Broker, namespace: str) -> Callable[[int], Place]:
    """Makes a topic with so many partitions."""

    def make(partitions: int) -> Place:
        broker.create(f"{namespace}in", partitions)
        return Place(broker, f"{namespace}in", f"{namespace}group", partitions)

    return make
