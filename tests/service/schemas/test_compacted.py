"""A compacted topic read as state."""

from collections.abc import Iterator
from typing import Any

import confluent_kafka
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


def test_what_was_handed_over_at_an_end_are_whole_transactions(settings: Settings) -> None:
    """However a reader's batches cut them, and although the next one is written meanwhile."""
    seen: list[bytes | None] = []
    at_ends: list[int] = []
    name, size, count = settings.namespace.name(PREFERENCES), 3_000, 20
    reader = CompactedReader(
        settings.kafka(),
        name,
        lambda records: seen.extend(r.key() for r in records),
        lambda _: at_ends.append(len(seen)),
    ).start((0,))
    writer = confluent_kafka.Producer(settings.kafka(**{"transactional.id": name}))
    writer.init_transactions(30)
    for _ in range(count):
        writer.begin_transaction()
        for number in range(size):
            writer.produce(name, b"x" * 500, str(number).encode(), 0)
        writer.commit_transaction(30)
    reader.reached(0, (size + 1) * count - 2).result(30)
    reader.close()
    assert len(seen) == size * count
    assert [many % size for many in at_ends] == [0] * len(at_ends)


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
