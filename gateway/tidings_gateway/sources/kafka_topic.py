"""What Kafka says of one topic: its id, its partitions, their bounds. Blocking."""

from base64 import urlsafe_b64decode
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient
from tidings_schemas.errors import BrokerUnavailable
from tidings_schemas.leaders import bounds_of

from tidings_gateway.core.cursor import EPOCH_SIZE

from .base import Bounds

_PATIENCE_S = 5.0
_MISSING = (KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC, KafkaError.UNKNOWN_TOPIC_ID)

_CONSUMER = {
    "group.id": "tidings-gateway",  # librdkafka wants one; partitions are assigned by hand and nothing is committed
    "enable.auto.commit": False,
    "enable.auto.offset.store": False,
    "auto.offset.reset": "error",  # a position that is gone must be told, not mended in silence
    "enable.partition.eof": True,
    "fetch.wait.max.ms": 100,
    "fetch.queue.backoff.ms": 5,
    "fetch.error.backoff.ms": 100,
    "queued.max.messages.kbytes": 16 * 1024,
    "topic.metadata.refresh.interval.ms": 10_000,
}


class KafkaTopic:
    """One topic.

    Args:
        config: librdkafka connection properties (`Settings.kafka()`).
        name: the topic's full name.
    """

    def __init__(self, config: dict[str, Any], name: str) -> None:
        self.name = name
        self._config = config
        self._admin: AdminClient | None = None

    def consumer(self) -> Consumer:
        """A new consumer that belongs to no group."""
        return Consumer(self._config | _CONSUMER)

    def describe(self) -> tuple[bytes, int] | None:
        """(epoch, number of partitions); None when there is no such topic.

        Raises:
            BrokerUnavailable: no answer.
        """
        if self._admin is None:
            self._admin = AdminClient(self._config)
        try:
            asked = self._admin.describe_topics(TopicCollection([self.name]), request_timeout=_PATIENCE_S)
            topic = asked[self.name].result(_PATIENCE_S + 1)
        except KafkaException as failure:
            if failure.args[0].code() in _MISSING:
                return None
            raise BrokerUnavailable(f"Kafka does not describe {self.name}: {failure.args[0].str()}") from failure
        except TimeoutError as failure:
            raise BrokerUnavailable(f"Kafka does not describe {self.name} in time") from failure
        return epoch_of(str(topic.topic_id)), len(topic.partitions)

    def bounds(self, consumer: Consumer, partition: int) -> Bounds:
        """What the partition holds just now.

        Raises:
            BrokerUnavailable: no answer.
        """
        place = TopicPartition(self.name, partition)
        try:
            return Bounds(*bounds_of(consumer, place, _PATIENCE_S))
        except KafkaException as failure:
            text = failure.args[0].str()
            raise BrokerUnavailable(f"Kafka does not tell the bounds of {self.name}/{partition}: {text}") from failure

    def at(self, positions: dict[int, int]) -> list[TopicPartition]:
        """Positions as librdkafka wants them."""
        return [TopicPartition(self.name, partition, offset) for partition, offset in sorted(positions.items())]


def epoch_of(topic_id: str) -> bytes:
    """The first bytes of a topic's id, which Kafka writes as base64url without padding."""
    return urlsafe_b64decode(topic_id + "==")[:EPOCH_SIZE]
