"""The topic that contract tests read: in memory, and in Kafka."""

from collections.abc import AsyncIterator

import pytest
from tidings_schemas.settings import Settings

from tests.streaming.logs import Log, MemoryLog, kafka_log

PARTITIONS = 2


@pytest.fixture(params=["memory", pytest.param("kafka", marks=pytest.mark.kafka)])
async def log(request: pytest.FixtureRequest) -> AsyncIterator[Log]:
    """A topic of two partitions."""
    if request.param == "memory":
        yield MemoryLog(PARTITIONS)
        return
    kafka, namespace = request.getfixturevalue("kafka"), request.getfixturevalue("namespace")
    settings = Settings(bootstrap_servers=kafka.bootstrap_servers, prefix=namespace)
    async with kafka_log(settings, PARTITIONS) as made:
        yield made
