"""One thread that reads the partitions' ends and tells what happens to the topic meanwhile."""

import threading
import time
from collections.abc import Callable, Iterable, Sequence

import structlog
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition
from tidings_schemas.errors import BrokerUnavailable

from tidings_gateway.core.reasons import Reset

from .base import Batch, Bounds, Jump, Layout, Prepare, Raw, starts_after
from .kafka_topic import KafkaTopic
from .mark import unless_replayed

log = structlog.get_logger(__name__)

_BATCH = 1000
_POLL_S = 0.1
_CHECK_S = 3.0  # between looks at the topic's id and partitions
_CHECK_AGAIN_S = 10.0  # when Kafka did not answer
_HURRIED_CHECK_S = 0.3  # after an error that a deleted topic may have caused
_RETRY_S = 0.5
_PATIENCE_S = 5.0

#: Takes an event, or what ended the thread, and its weight in records; may block.
Emit = Callable[[Layout | Batch | Jump | Exception, int], None]


class KafkaTail:
    """Reads from the end of a topic on.

    Args:
        topic: which.
        partitions: those that are read; None = all, also those that are added later.
        back, margin: see `KafkaSource`.
        prepare: see `Source.events`.
        emit: see `Emit`.
    """

    def __init__(
        self,
        topic: KafkaTopic,
        partitions: Iterable[int] | None,
        back: int,
        margin: int,
        prepare: Prepare,
        emit: Emit,
    ) -> None:
        self._topic = topic
        self._wanted = None if partitions is None else frozenset(partitions)
        self._back = back
        self._margin = margin
        self._prepare = prepare
        self._emit = emit
        self._consumer: Consumer = topic.consumer()
        self._known: tuple[bytes, int] | None = None
        self._positions: dict[int, int] = {}
        self._check_at = 0.0
        self._is_missing = False
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="kafka-tail", daemon=True)

    def start(self) -> None:
        """Begins to read."""
        self._thread.start()

    def stop(self) -> None:
        """Blocking: ends the thread and its connections."""
        self._stop.set()
        self._thread.join(10)
        self._consumer.close()

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                self._turn()
        except Exception as bug:  # on the loop's side it is logged and reading begins anew
            self._emit(bug, 1)

    def _turn(self) -> None:
        if time.monotonic() >= self._check_at:
            self._check_patiently()
        try:
            self._poll()
        except (KafkaException, BrokerUnavailable) as error:
            log.warning("Kafka cannot be read; trying again", topic=self._topic.name, error=str(error))
            self._stop.wait(_RETRY_S)

    def _poll(self) -> None:
        if not self._positions:
            self._stop.wait(_POLL_S)
            return
        first = self._consumer.poll(_POLL_S)
        if first is not None:  # `consume` alone would wait out its timeout for a full batch
            self._take([first, *self._consumer.consume(_BATCH - 1, 0)])

    def _take(self, messages: Sequence[Message]) -> None:
        records: dict[int, list[Raw]] = {}
        errors = []
        for message in messages:
            if message.error() is not None:
                errors.append(message)
                continue
            value = unless_replayed(message.value(), message.headers(), self._topic.name)  # type: ignore[arg-type]
            if value:
                self._prepare(value)
            raw = Raw(message.offset(), message.key(), value, message.timestamp()[1])  # type: ignore[arg-type]
            records.setdefault(message.partition(), []).append(raw)  # type: ignore[arg-type]
        for partition, raws in records.items():
            self._batch(partition, raws, raws[-1].offset + 1)
        for message in errors:
            self._error(message)

    def _batch(self, partition: int, raws: list[Raw], end: int) -> None:
        self._positions[partition] = end
        place = TopicPartition(self._topic.name, partition)
        _, high = self._consumer.get_watermark_offsets(place, cached=True) or (0, 0)
        self._emit(Batch(partition, raws, end, max(high, end)), len(raws))

    def _error(self, message: Message) -> None:
        error, partition = message.error(), message.partition()
        assert error is not None
        code = error.code()
        if code == KafkaError._PARTITION_EOF:
            self._end(partition, message.offset())  # type: ignore[arg-type]
        elif code == KafkaError._AUTO_OFFSET_RESET:
            self._check()
            self._mend(partition)  # type: ignore[arg-type]
        else:
            log.warning("Kafka told of an error", topic=self._topic.name, partition=partition, error=error.str())
            self._check_at = min(self._check_at, time.monotonic() + _HURRIED_CHECK_S)

    def _end(self, partition: int, offset: int) -> None:
        """The log ends here; the last offsets may hold no record (transaction markers)."""
        if offset > self._positions.get(partition, offset):
            self._batch(partition, [], offset)

    def _mend(self, partition: int) -> None:
        """The position is outside the log, or was when Kafka said so."""
        position = self._positions.get(partition)
        if position is None:
            return
        bounds = self._topic.bounds(self._consumer, partition)
        if position < bounds.low:
            self._jump(partition, bounds.low, Reset.EXPIRED)
        elif position > bounds.high:
            self._jump(partition, bounds.high, Reset.FUTURE)
        self._consumer.assign(self._topic.at(self._positions))

    def _jump(self, partition: int, start: int, reason: Reset) -> None:
        log.warning("the log goes on elsewhere", partition=partition, offset=start, reason=str(reason))
        self._positions[partition] = start
        self._emit(Jump(partition, start, reason), 1)

    def _check_patiently(self) -> None:
        """A cluster that does not answer this question may still serve records; they must not wait for it."""
        try:
            self._check()
        except (KafkaException, BrokerUnavailable) as error:
            log.warning("cannot look at the topic; trying again", topic=self._topic.name, error=str(error))
            self._check_at = time.monotonic() + (_CHECK_AGAIN_S if self._positions else _RETRY_S)

    def _check(self) -> None:
        self._check_at = time.monotonic() + _CHECK_S
        found = self._topic.describe()
        if found is None:
            if not self._is_missing:
                log.warning("the topic does not exist (yet); waiting for it", topic=self._topic.name)
            self._check_at = time.monotonic() + _HURRIED_CHECK_S
        elif found != self._known:
            self._lay_out(*found)
        self._is_missing = found is None

    def _lay_out(self, epoch: bytes, count: int) -> None:
        recreated = self._known is not None and self._known[0] != epoch
        if recreated:  # librdkafka would go on with what it remembers of the old one
            self._positions = {}
            self._consumer.close()
            self._consumer = self._topic.consumer()
        self._consumer.list_topics(self._topic.name, timeout=_PATIENCE_S)  # new partitions are unknown to it till then
        partitions = range(count) if self._wanted is None else sorted(p for p in self._wanted if p < count)
        bounds = {partition: self._topic.bounds(self._consumer, partition) for partition in partitions}
        back = 0 if self._known else self._back
        begins = {p: self._positions.get(p, _begin(bounds[p], back, bool(self._known))) for p in partitions}
        starts = starts_after(begins, bounds, self._margin)
        self._known = (epoch, count)
        self._positions = dict(begins)
        self._emit(Layout(epoch, count, begins, starts, {p: bounds[p].high for p in partitions}), 1)
        self._consumer.assign(self._topic.at(self._positions))


def _begin(bounds: Bounds, back: int, is_new: bool) -> int:
    return bounds.low if is_new else max(bounds.low, bounds.high - back)
