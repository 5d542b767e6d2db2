"""Reads what a topic holds, for tests."""

import time

from confluent_kafka import Consumer, KafkaError, Message, TopicPartition
from tidings_schemas.settings import Settings


def read_all(settings: Settings, topic: str, patience: float = 30.0) -> list[Message]:
    """All records of a topic (bare name), by partition and offset.

    Args:
        patience: seconds that a topic which is only just being made is waited for.

    Raises:
        AssertionError: there is none then.
    """
    consumer = Consumer(
        settings.kafka(**{"group.id": "unused", "enable.auto.commit": False, "enable.partition.eof": True})
    )
    name = settings.namespace.name(topic)
    unfinished = _partitions(consumer, name, patience)
    consumer.assign([TopicPartition(name, partition, 0) for partition in unfinished])
    found: list[Message] = []
    while unfinished:
        for message in consumer.consume(10_000, 0.2):
            error = message.error()
            if error is None:
                found.append(message)
            elif error.code() == KafkaError._PARTITION_EOF:
                unfinished.discard(message.partition() or 0)
    consumer.close()
    return sorted(found, key=lambda message: (message.partition() or 0, message.offset() or 0))


def _partitions(consumer: Consumer, name: str, patience: float) -> set[int]:
    """A broker may not know yet what another has made, or who leads it."""
    deadline = time.monotonic() + patience
    while True:
        topic = consumer.list_topics(name, timeout=20).topics[name]
        if topic.partitions and not topic.error and not any(one.error for one in topic.partitions.values()):
            return set(topic.partitions)
        assert time.monotonic() < deadline, f"there is no topic {name}: {topic.error or topic.partitions}"
        time.sleep(0.1)
