"""A compacted topic read as state."""

from collections.abc import Iterator
from typing import Any

import pytest
from tidings.local.services import Endpoints
from tidings_chaos.tcp_proxy import Proxy
from tidings_schemas.admin import ensure_topics
from tidings_schemas.compacted import CompactedReader
from tidings_schemas.producer import Producer
from tidings_schemas.settings import Settings
from tidings_schemas.topics import PREFERENCES

pytestmark = pytest.mark.kafka
PARTITIONS = 3


@pytest.fixture
def settings(kafka: Any, namespace: str) -> Settings:
    made = Settings(
        bootstrap_servers=kafka.bootstrap_servers,
        registry_url=kafka.registry_url,
        prefix=namespace,
        partitions=PARTITIONS,
    )
    ensure_topics(made, [PREFERENCES])
    return made


@pytest.fixture
def reader(settings: Settings) -> Iterator[CompactedReader]:
    made = CompactedReader(settings.kafka(), settings.namespace.name(PREFERENCES), lambda _: None).start()
    yield made
    made.close()


def test_a_reader_at_work_still_says_which_partitions_there_are(reader: CompactedReader) -> None:
    """Its own consumer is being polled then, and answers nobody else."""
    for partition in range(PARTITIONS):
        reader.restored(partition).result(30)
    assert reader.all_partitions() == range(PARTITIONS)


def test_a_reader_that_begins_while_kafka_is_away_restores_later(kafka: Endpoints, settings: Settings) -> None:
    """Whatever its consumer made of the questions that were lost meanwhile."""
    with Producer(settings) as producer:
        producer.produce(PREFERENCES, b"ann", b"x").result(30)
    host, _, port = kafka.bootstrap_servers.rpartition(":")
    proxy = Proxy(host, int(port))
    proxy.cut()
    seen: list[bytes | None] = []
    reader = CompactedReader(
        settings.kafka() | {"bootstrap.servers": f"127.0.0.1:{proxy.port}"},
        settings.namespace.name(PREFERENCES),
        lambda records: seen.extend(record.value() for record in records),
    ).start(range(PARTITIONS))
    with pytest.raises(TimeoutError):
        reader.restored(0).result(12)  # longer than it waits for an answer
    proxy.mend()
    for partition in range(PARTITIONS):
        reader.restored(partition).result(60)
    assert seen == [b"x"]
    reader.close()
    proxy.close()


def test_a_producer_counts_what_it_sent_until_it_is_answered(settings: Settings) -> None:
    with Producer(settings) as producer:
        producer.produce(PREFERENCES, b"ann", b"x").result(30)
        assert producer.waiting == 0
    producer.close()


def test_a_producer_that_sent_nothing_ends_quietly_while_kafka_is_away(unused_tcp_port: int) -> None:
    """librdkafka's complaints are no records that wait."""
    producer = Producer(Settings(bootstrap_servers=f"127.0.0.1:{unused_tcp_port}"), config={"debug": "broker"})
    producer.close(0.2)
    assert producer.waiting == 0
