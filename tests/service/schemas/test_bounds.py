"""Where a partition begins and ends, asked of a real broker."""

import time
from collections.abc import Iterator

import pytest
from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, NewPartitions, NewTopic
from tidings.local.services import Endpoints
from tidings_schemas.leaders import bounds_of

pytestmark = pytest.mark.kafka


@pytest.fixture
def consumer(kafka: Endpoints) -> Iterator[Consumer]:
    """One that has not heard of any topic yet."""
    one = Consumer({"bootstrap.servers": kafka.bootstrap_servers, "group.id": "unused"})
    yield one
    one.close()


def test_a_partition_is_unknown_until_it_is_there(kafka: Endpoints, consumer: Consumer, namespace: str) -> None:
    """It is told, and by the same consumer found later."""
    admin, topic = AdminClient({"bootstrap.servers": kafka.bootstrap_servers}), f"{namespace}grows"
    admin.create_topics([NewTopic(topic, 1, 1)])[topic].result()
    place = TopicPartition(topic, 1)
    with pytest.raises(KafkaException, match="_UNKNOWN_PARTITION"):
        bounds_of(consumer, place, patience=5)
    admin.create_partitions([NewPartitions(topic, 2)])[topic].result()
    deadline = time.monotonic() + 20
    while True:
        try:
            assert bounds_of(consumer, place, patience=5) == (0, 0)
            break
        except KafkaException:
            assert time.monotonic() < deadline, "it is not found"
