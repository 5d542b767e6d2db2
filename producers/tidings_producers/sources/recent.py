"""Shell: what a source told last, read from the end of its topic, so that a restarted source knows where it was."""

from collections.abc import Iterator
from datetime import datetime
from time import monotonic, sleep
from typing import NamedTuple

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition
from tidings_schemas.errors import BrokerUnavailable, Refused
from tidings_schemas.headers import readable_headers
from tidings_schemas.settings import Settings

_CALL_S = 10.0
_APPEARS_S = 3.0
_BATCH = 1000
_TAIL_BASE = -2000  # librdkafka's RD_KAFKA_OFFSET_TAIL_BASE: this minus n is n records before the end


class Told(NamedTuple):
    """An event that is in Kafka: its attributes, without its data."""

    id: str
    source: str
    subject: str
    time: datetime


def recent(settings: Settings, topic: str, limit: int = 2000, timeout: float = 60.0) -> list[Told]:
    """The last `limit` events of each partition of `topic` (bare name), those without CloudEvents headers left out.

    Raises:
        BrokerUnavailable: Kafka does not answer, or not within `timeout` seconds.
        Refused: there is no such topic.
    """
    consumer = Consumer(
        settings.kafka(
            **{
                "group.id": "unused",
                "enable.auto.commit": False,
                "enable.partition.eof": True,
                "auto.offset.reset": "earliest",  # where a partition holds fewer
                "fetch.wait.max.ms": 20,
            }
        )
    )
    try:
        name = settings.namespace.name(topic)
        partitions = _partitions(consumer, name, monotonic() + _APPEARS_S)
        consumer.assign([TopicPartition(name, partition, _TAIL_BASE - limit) for partition in partitions])
        return list(_read(consumer, partitions, monotonic() + timeout))
    except KafkaException as error:
        raise BrokerUnavailable(f"Kafka does not say what {topic} holds: {error.args[0].str()}") from error
    finally:
        consumer.close()


def _partitions(consumer: Consumer, name: str, deadline: float) -> set[int]:
    """The topic's partitions; one that was made a moment ago may take a little to appear."""
    while (metadata := consumer.list_topics(name, timeout=_CALL_S).topics[name]).error is not None:
        if monotonic() > deadline:
            raise Refused(f"there is no topic {name}: make it with `tidings prepare`")
        sleep(0.1)
    return set(metadata.partitions)


def _read(consumer: Consumer, unfinished: set[int], deadline: float) -> Iterator[Told]:
    while unfinished:
        if monotonic() > deadline:
            raise BrokerUnavailable("Kafka did not give the topic's end in time")
        for message in consumer.consume(_BATCH, 0.1):
            error = message.error()
            if error is None:
                yield from _told(message)
            elif error.code() == KafkaError._PARTITION_EOF:
                unfinished.discard(message.partition() or 0)


def _told(message: Message) -> Iterator[Told]:
    try:
        headers = {name: value.decode() for name, value in readable_headers(message) if value is not None}
        time = datetime.fromisoformat(headers["ce_time"])
        yield Told(headers["ce_id"], headers["ce_source"], headers["ce_subject"], time)
    except (KeyError, ValueError):
        return  # another producer's record
