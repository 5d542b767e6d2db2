"""Reads a range of one partition again, for resumes. Blocking; one at a time each."""

import time
from collections import deque
from collections.abc import Iterator

from confluent_kafka import Consumer, KafkaError, Message
from tidings_schemas.errors import BrokerUnavailable
from tidings_schemas.headers import readable_headers

from tidings_gateway.core.reasons import Reset

from .base import Batch, Bounds, Jump, Prepare, Raw
from .kafka_topic import KafkaTopic
from .mark import unless_replayed

_BATCH = 1000  # small enough not to hold up what is live
_PATIENCE_S = 10.0


class KafkaReader:
    """A consumer that is pointed at one place after another.

    Args:
        topic: which.
        prepare: see `Source.events`.
    """

    def __init__(self, topic: KafkaTopic, prepare: Prepare) -> None:
        self._topic = topic
        self._prepare = prepare
        self._consumer: Consumer = topic.consumer()
        self._partition = 0
        self._position = 0
        self._waiting: deque[Message] = deque()  # came, and is not handed over yet

    def seek(self, partition: int, start: int) -> None:
        """The next batch begins there."""
        self._partition, self._position = partition, start
        self._waiting.clear()
        self._consumer.assign(self._topic.at({partition: start}))

    def next(self) -> Batch | Jump | None:
        """What follows; None where the log ends.

        Raises:
            BrokerUnavailable: nothing came in time, or Kafka told of an error.
        """
        deadline = time.monotonic() + _PATIENCE_S
        while not self._waiting:
            if time.monotonic() > deadline:
                where = f"{self._topic.name}/{self._partition}"
                raise BrokerUnavailable(f"Kafka sent nothing of {where} in {_PATIENCE_S:.0f} s")
            if (first := self._consumer.poll(0.5)) is not None:
                self._waiting.extend((first, *self._consumer.consume(_BATCH - 1, 0)))
        if raws := list(self._raws()):
            return self._batch(raws)
        message = self._waiting.popleft()
        return self._told(message.error(), message.offset())  # type: ignore[arg-type]

    def _raws(self) -> Iterator[Raw]:
        """The records before the next that Kafka has to say. That is said once: that the log ends here, too."""
        while self._waiting and self._waiting[0].error() is None:
            message = self._waiting.popleft()
            value = unless_replayed(message.value(), readable_headers(message), self._topic.name)
            yield Raw(message.offset(), message.key(), value, message.timestamp()[1])  # type: ignore[arg-type]

    def bounds(self, partition: int) -> Bounds:
        """As `KafkaTopic.bounds`."""
        return self._topic.bounds(self._consumer, partition)

    def rest(self) -> None:
        """Stops fetching."""
        self._consumer.unassign()

    def close(self) -> None:
        """Ends the connections."""
        self._consumer.close()

    def _batch(self, raws: list[Raw]) -> Batch:
        for raw in raws:
            if raw.value:
                self._prepare(raw.value)
        self._position = raws[-1].offset + 1
        return Batch(self._partition, raws, self._position, self._position)

    def _told(self, error: KafkaError, offset: int | None) -> Batch | Jump | None:
        if error.code() == KafkaError._PARTITION_EOF:
            at_end, self._position = offset in (None, self._position), offset or self._position
            return None if at_end else Batch(self._partition, [], self._position, self._position)
        if error.code() == KafkaError._AUTO_OFFSET_RESET:
            return self._outside()
        raise BrokerUnavailable(f"Kafka cannot be read: {error.str()}")

    def _outside(self) -> Jump | None:
        bounds = self.bounds(self._partition)
        if self._position > bounds.high:
            return None
        self.seek(self._partition, max(self._position, bounds.low))
        return Jump(self._partition, self._position, Reset.EXPIRED)
