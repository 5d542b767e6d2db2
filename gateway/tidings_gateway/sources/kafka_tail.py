"""One thread that reads the partitions' ends and tells what happens to the topic meanwhile."""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import structlog
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition
from tidings_schemas.errors import BrokerUnavailable
from tidings_schemas.headers import readable_headers

from tidings_gateway.core.reasons import Reset

from .base import Batch, Bounds, Jump, Layout, Partitions, Prepare, Raw, starts_after
from .kafka_topic import KafkaTopic
from .mark import unless_replayed

log = structlog.get_logger(__name__)

_BATCH = 1000
_POLL_S = 0.1
_MANY = 10  # records at a time from which on the next are let gather, so that Python's lock is asked for less often
_GATHER_S = 0.005
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
        partitions: those that are read, of how many there are.
        back, margin: see `KafkaSource`.
        prepare: see `Source.events`.
        emit: see `Emit`.
    """

    def __init__(
        self,
        topic: KafkaTopic,
        partitions: Partitions,
        back: int,
        margin: int,
        prepare: Prepare,
        emit: Emit,
    ) -> None:
        self._topic = topic
        self._wanted = partitions
        self._back = back
        self._margin = margin
        self._prepare = prepare
        self._emit = emit
        self._consumer: Consumer = topic.consumer()
        self._known: tuple[bytes, int, frozenset[int]] | None = None
        self._positions: dict[int, int] = {}
        self._check_at = 0.0
        self._gather = 0.0
        self._asker = ThreadPoolExecutor(1, thread_name_prefix="kafka-topic")
        self._asking: Future[tuple[bytes, int] | None] | None = None
        self._is_missing = False
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="kafka-tail", daemon=True)

    def start(self) -> None:
        """Begins to read."""
        self._thread.start()

    def serve(self, partitions: Partitions) -> None:
        """From now on reads these, within a tenth of a second; from any thread."""
        self._wanted = partitions
        self._check_at = 0.0

    def stop(self) -> None:
        """Blocking: ends the thread and its connections."""
        self._stop.set()
        self._thread.join(10)
        self._asker.shutdown(wait=False, cancel_futures=True)
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
            messages = [first, *self._consumer.consume(_BATCH - 1, self._gather)]
            self._gather = _GATHER_S if len(messages) >= _MANY else 0.0
            self._take(messages)

    def _take(self, messages: Sequence[Message]) -> None:
        records: dict[int, list[Raw]] = {}
        errors = []
        for message in messages:
            if message.error() is not None:
                errors.append(message)
                continue
            value, headers = message.value(), readable_headers(message)
            if headers:
                value = unless_replayed(value, headers, self._topic.name)
            if value:
                self._prepare(value)
            raw = Raw(message.offset(), message.key(), value, message.timestamp()[1])  # type: ignore[arg-type]
            records.setdefault(message.partition(), []).append(raw)  # type: ignore[arg-type]
        for partition, raws in records.items():
            if partition in self._positions:
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
        """Asks in another thread: a cluster that is slow to answer this may still serve records, which must not wait.

        Only while there is nothing to read yet the answer is waited for.
        """
        self._asking = self._asking or self._asker.submit(self._topic.describe)
        if self._positions and not self._asking.done():
            return
        asking, self._asking = self._asking, None
        try:
            self._see(asking.result())
        except (KafkaException, BrokerUnavailable) as error:
            log.warning("cannot look at the topic; trying again", topic=self._topic.name, error=str(error))
            self._check_at = time.monotonic() + (_CHECK_AGAIN_S if self._positions else _RETRY_S)

    def _check(self) -> None:
        """Asks anew, and waits."""
        self._see(self._asker.submit(self._topic.describe).result())

    def _see(self, found: tuple[bytes, int] | None) -> None:
        """The topic is this; None: there is none."""
        self._check_at = time.monotonic() + _CHECK_S
        if found is None:
            if not self._is_missing:
                log.warning("the topic does not exist (yet); waiting for it", topic=self._topic.name)
            self._check_at = time.monotonic() + _HURRIED_CHECK_S
        elif (there := (*found, frozenset(self._wanted(found[1])))) != self._known:
            self._lay_out(*there)
        self._is_missing = found is None

    def _lay_out(self, epoch: bytes, count: int, wanted: frozenset[int]) -> None:
        recreated = self._known is not None and self._known[0] != epoch
        if recreated:  # librdkafka would go on with what it remembers of the old one
            self._positions = {}
            self._consumer.close()
            self._consumer = self._topic.consumer()
        self._consumer.list_topics(self._topic.name, timeout=_PATIENCE_S)  # new partitions are unknown to it till then
        bounds = {partition: self._topic.bounds(self._consumer, partition) for partition in sorted(wanted)}
        old = count if self._known is None else 0 if recreated else self._known[1]
        begins = {p: self._positions.get(p, self._begin(bounds[p], is_new=p >= old)) for p in bounds}
        starts = starts_after(begins, bounds, self._margin)
        self._known = (epoch, count, wanted)
        self._positions = dict(begins)
        self._emit(Layout(epoch, count, begins, starts, {p: bounds[p].high for p in bounds}), 1)
        self._consumer.assign(self._topic.at(self._positions))

    def _begin(self, bounds: Bounds, is_new: bool) -> int:
        """A partition that came into being while we watched is read whole, any other some way back from its end."""
        return bounds.low if is_new else max(bounds.low, bounds.high - self._back)
