"""Reads the end of a topic's partitions, without a group."""

from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any

from confluent_kafka import Consumer, KafkaException, Message, TopicPartition
from tidings_schemas.leaders import bounds_of

_TIMEOUT_S = 10.0
_BATCH = 5_000


def ends(config: dict[str, Any], topic: str, partitions: list[int]) -> dict[int, tuple[int, int]]:
    """(first, next) offset of each partition.

    Raises:
        KafkaException: no answer, or no such topic.
    """
    with closing(_consumer(config)) as consumer:
        return {
            partition: bounds_of(consumer, TopicPartition(topic, partition), _TIMEOUT_S) for partition in partitions
        }


def between(config: dict[str, Any], topic: str, spans: Mapping[int, tuple[int, int]]) -> Iterator[Message]:
    """The records of each partition from its first offset up to, and without, its second; in order by partition.

    Raises:
        KafkaException: a partition cannot be read, or nothing comes for 10 s.
    """
    left = {partition: end for partition, (start, end) in spans.items() if start < end}
    with closing(_consumer(config | {"enable.partition.eof": True})) as consumer:
        consumer.assign([TopicPartition(topic, partition, spans[partition][0]) for partition in left])
        while left:
            first = consumer.poll(_TIMEOUT_S)
            if first is None:
                raise KafkaException(f"{topic} gave nothing within {_TIMEOUT_S:.0f} s")
            # `consume` alone would wait its whole time unless the batch is full.
            for message in (first, *consumer.consume(_BATCH, 0)):
                yield from _within(message, left)


def _within(message: Message, left: dict[int, int]) -> Iterator[Message]:
    partition, offset = message.partition(), message.offset()
    end = left.get(partition)  # type: ignore[arg-type]
    if end is None or offset is None:
        return
    error = message.error()
    if error is not None and error.code() != error._PARTITION_EOF:
        raise KafkaException(error)
    if error is None and offset < end:
        yield message
    if error is not None or offset >= end - 1:  # the last offsets may hold no record, so the log's end counts too
        left.pop(partition, None)  # type: ignore[arg-type]


def _consumer(config: dict[str, Any]) -> Consumer:
    return Consumer(
        config
        | {"group.id": "unused", "enable.auto.commit": False, "auto.offset.reset": "earliest", "fetch.wait.max.ms": 20}
    )
