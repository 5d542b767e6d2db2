"""Shell: reads a compacted topic as state: restores it from its beginning, then tails it.

Faust's tables do this too, but their recovery has open bugs (faust-streaming #597, #651); this is small enough to
be sure of, needs no consumer group, and serves processors (some partitions) and gateways (all of them) alike.
"""

import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from typing import Any

import structlog
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Message, TopicPartition

from .leaders import bounds_of

log = structlog.get_logger(__name__)

_BATCH = 10_000  # records a call: large, because a restore reads millions
_POLL_S = 0.1  # how soon a changed assignment or a stop is noticed
_WATERMARK_S = 10.0


class CompactedReader:
    """One thread that keeps a callback fed with the records of some partitions of one compacted topic.

    Args:
        config: librdkafka connection properties (`Settings.kafka()`).
        topic: the topic's full name.
        on_records: called in the reader's thread with each batch, per partition in order. A record whose
            value is None is a tombstone. It must not raise.
        on_end: called in the same thread, behind `on_records`, when all that a partition holds for readers so far has
            been handed over: whole transactions, if there is one writer of these at a time. It must not raise.
    """

    def __init__(
        self,
        config: dict[str, Any],
        topic: str,
        on_records: Callable[[Sequence[Message]], None],
        on_end: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._config = config
        self._topic = topic
        self._on_records = on_records
        self._on_end = on_end
        self._consumer = self._made()
        self._is_renewed = False  # the consumer is another than the one that was assigned
        self._lock = threading.Lock()
        self._wanted: dict[int, int] = {}  # partition → number of its assignment, so that a return is noticed
        self._assigned: dict[int, int] = {}  # the same, as the thread has carried it out
        self._assignments = 0
        self._next: dict[int, int] = {}
        self._waiting: list[tuple[int, int, Future[None]]] = []
        self._restored: dict[int, Future[None]] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"compacted-{topic}", daemon=True)

    def start(self, partitions: Iterable[int] | None = None) -> "CompactedReader":
        """Starts the thread on `partitions` (default: all that the topic has).

        Raises:
            KafkaException: partitions are not given and Kafka does not answer or has no such topic.
        """
        self.assign(self.all_partitions() if partitions is None else partitions)
        self._thread.start()
        return self

    def all_partitions(self) -> range:
        """The topic's partitions, asked of the broker, at any time. Raises as `start`."""
        return all_partitions_of(self._config, self._topic)

    def assign(self, partitions: Iterable[int]) -> None:
        """Reads just these partitions from now on; those that are new are restored from their beginning.

        Whoever gives up a partition and takes it back must forget its state in between: what was deleted
        meanwhile may have left no trace in the topic.
        """
        with self._lock:
            self._assignments += 1
            self._wanted = {p: self._wanted.get(p, self._assignments) for p in partitions}
            for partition in self._restored.keys() - self._wanted.keys():
                self._restored.pop(partition).cancel()
            for partition in self._wanted.keys() - self._restored.keys():
                self._restored[partition] = Future()

    def restored(self, partition: int) -> "Future[None]":
        """Done once all that the partition held when it was assigned has reached the callback."""
        with self._lock:
            return self._restored[partition]

    def reached(self, partition: int, offset: int) -> "Future[None]":
        """Done once the record at `offset` has reached the callback (read your own writes)."""
        future: Future[None] = Future()
        with self._lock:
            if self._next.get(partition, 0) > offset:
                future.set_result(None)
            else:
                self._waiting.append((partition, offset, future))
        return future

    def close(self) -> None:
        """Stops the thread and leaves; waits a moment for the batch at hand."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(5)
        self._consumer.close()

    def _made(self) -> Consumer:
        return Consumer(
            self._config
            | {
                "group.id": f"unused-{self._topic}",  # librdkafka wants one; nothing is ever committed to it
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
                "enable.partition.eof": True,
                "fetch.wait.max.ms": 100,  # a record comes at once all the same; only a new assignment waits that long
                "fetch.queue.backoff.ms": 10,
            }
        )

    def _renew(self) -> None:
        """A consumer whose first question was lost with its broker may say "unknown partition" ever after."""
        self._consumer.close()
        self._consumer, self._is_renewed = self._made(), True

    def _run(self) -> None:
        ends: dict[int, int] = {}
        while not self._stop.is_set():
            try:
                if self._is_renewed or self._assigned != self._wanted:
                    self._reassign(self._assigned, self._wanted, ends)
                messages = self._wait() if self._assigned else self._idle()
                self._take(messages, ends)
            except KafkaException as error:
                log.warning("compacted topic not readable, trying again", topic=self._topic, error=str(error))
                self._stop.wait(1.0)

    def _wait(self) -> list[Message]:
        # `consume` alone would sit out its time unless the batch is full, and somebody may wait for this one record.
        first = self._consumer.poll(_POLL_S)
        return [] if first is None else [first, *self._consumer.consume(_BATCH, 0)]

    def _idle(self) -> list[Message]:
        self._stop.wait(_POLL_S)
        return []

    def _reassign(self, old: dict[int, int], new: dict[int, int], ends: dict[int, int]) -> None:
        for partition, _ in old.items() - new.items():
            self._next.pop(partition, None)
            ends.pop(partition, None)
        try:
            for partition, _ in new.items() - old.items():
                _, ends[partition] = bounds_of(self._consumer, TopicPartition(self._topic, partition), _WATERMARK_S)
        except KafkaException:
            self._renew()
            raise
        places = [TopicPartition(self._topic, p, self._next.get(p, OFFSET_BEGINNING)) for p in sorted(new)]
        self._consumer.assign(places)
        self._assigned, self._is_renewed = new, False

    def _take(self, messages: Sequence[Message], ends: dict[int, int]) -> None:
        good = [message for message in messages if message.error() is None]
        at_end = _at_end(messages)
        if good:
            self._on_records(good)
        for partition in at_end:
            self._on_end(partition)
        with self._lock:
            for message in good:
                self._next[message.partition()] = message.offset() + 1  # type: ignore[index,operator]
            self._settle_restored(ends, at_end)
            self._settle_waiting()
        for message in messages:
            if _code(message) not in (None, KafkaError._PARTITION_EOF):
                log.warning("error while reading", topic=self._topic, error=str(message.error()))

    def _settle_restored(self, ends: dict[int, int], at_end: set[int]) -> None:
        # The end of the log is told as an event because the last offsets may hold no record (compaction, markers).
        for partition, end in list(ends.items()):
            if self._assigned.get(partition) != self._wanted.get(partition):
                continue  # given up and taken back meanwhile: it will be read anew
            if self._next.get(partition, 0) >= end or partition in at_end:
                del ends[partition]
                future = self._restored.get(partition)
                if future is not None and not future.done():
                    future.set_result(None)

    def _settle_waiting(self) -> None:
        still = []
        for partition, offset, future in self._waiting:
            if self._next.get(partition, 0) <= offset:
                still.append((partition, offset, future))
            elif future.set_running_or_notify_cancel():
                future.set_result(None)
        self._waiting = [entry for entry in still if not entry[2].cancelled()]


def all_partitions_of(config: dict[str, Any], topic: str) -> range:
    """The partitions of a topic, asked of the broker by a consumer of its own: one that is polled answers nobody else.

    Raises:
        KafkaException: Kafka does not answer or has no such topic.
    """
    consumer = Consumer(config | {"group.id": f"unused-{topic}", "enable.auto.commit": False})
    try:
        metadata = consumer.list_topics(topic, timeout=_WATERMARK_S).topics[topic]
    finally:
        consumer.close()
    if metadata.error is not None:
        raise KafkaException(metadata.error)
    return range(len(metadata.partitions))


def _at_end(messages: Sequence[Message]) -> set[int]:
    """The partitions with nothing behind their end: what came later may be in the same batch."""
    at_end: set[int] = set()
    for message in messages:
        partition, code = message.partition(), _code(message)
        if partition is not None and code == KafkaError._PARTITION_EOF:
            at_end.add(partition)
        elif partition is not None and code is None:
            at_end.discard(partition)
    return at_end


def _code(message: Message) -> int | None:
    error = message.error()
    return None if error is None else error.code()
