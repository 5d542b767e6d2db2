"""Reads what a topic holds, for tests."""

from confluent_kafka import Consumer, KafkaError, Message, TopicPartition
from tidings_schemas.settings import Settings


def read_all(settings: Settings, topic: str) -> list[Message]:
    """All records of a topic (bare name), by partition and offset."""
    consumer = Consumer(
        settings.kafka(**{"group.id": "unused", "enable.auto.commit": False, "enable.partition.eof": True})
    )
    name = settings.namespace.name(topic)
    unfinished = set(consumer.list_topics(name, timeout=20).topics[name].partitions)
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
