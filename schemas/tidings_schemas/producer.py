"""Shell: an idempotent Kafka producer with a receipt for every record, for threads and for asyncio.

It keeps the order of each key, acknowledges only what all in-sync replicas have, slows its caller down when the
buffer is full, and says on `flush` and `close` what did not reach Kafka. What the records mean is not its business.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Sequence
from functools import partial
from time import monotonic
from types import TracebackType
from typing import Any, Self

import confluent_kafka
from confluent_kafka import KafkaError, KafkaException, Message

from .delivery import Delivery, RecordMetadata
from .errors import BufferFull, OversizeValue, Undelivered
from .kafka_errors import typed
from .room import Room
from .settings import Settings
from .topics import Topic

Headers = Sequence[tuple[str, bytes | None]]

_POLL_S = 0.1  # how long the serving thread sleeps in librdkafka; deliveries wake it at once
_REMEMBERED = 10_000  # failed records that `flush` can name


class Producer:
    """A producer for records of any kind; safe to share between threads and event loops.

    Args:
        settings: how to reach Kafka, and the namespace that topics live in; from the environment if None.
        delivery_timeout: seconds until a record that Kafka does not take counts as failed; None = never.
        buffer_records, buffer_bytes: how much may wait for Kafka before callers are slowed down.
        linger_ms: how long a record may wait for company; 0 sends at once.
        max_value_bytes: larger values are refused; None leaves it to the broker.
        config: further librdkafka properties, which win.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        delivery_timeout: float | None = 120.0,
        buffer_records: int = 100_000,
        buffer_bytes: int = 64 * 1024 * 1024,
        linger_ms: float = 5.0,
        max_value_bytes: int | None = None,
        config: dict[str, Any] | None = None,
    ) -> None:
        self._settings = settings or Settings()
        self._max = max_value_bytes
        self._kafka = confluent_kafka.Producer(
            {
                "client.id": "tidings",
                "enable.idempotence": True,
                "acks": "all",
                "partitioner": "murmur2_random",
                "message.timeout.ms": int((delivery_timeout or 0) * 1000),  # 0 = no limit
                "queue.buffering.max.messages": buffer_records,
                "queue.buffering.max.kbytes": max(1, buffer_bytes // 1024),
                "linger.ms": linger_ms,
            }
            | self._settings.kafka(**(config or {}))
        )
        self._room = Room()
        self._failed: deque[Delivery] = deque(maxlen=_REMEMBERED)
        self._tally = threading.Lock()
        self._unanswered = 0  # librdkafka's own count takes its log lines for records
        self._gate = threading.Lock()  # after `close` no record may slip in behind the last flush
        self._closed = False
        self._stopped = False
        self._served = threading.Thread(target=self._serve, name="tidings-producer", daemon=True)
        self._served.start()

    def produce(
        self,
        topic: Topic | str,
        key: bytes | None,
        value: bytes | None,
        headers: Headers = (),
        partition: int | None = None,
        timeout: float = 30.0,
    ) -> Delivery:
        """Hands one record over; blocks while the buffer is full. From coroutines use `produce_async`.

        Args:
            topic: bare name; the namespace is put before it.
            partition: None: where the key belongs (murmur2).
            timeout: seconds to wait for room in the buffer.

        Raises:
            BufferFull: no room within `timeout`.
            OversizeValue: larger than the limit of this producer or of the topic.
            BrokerUnavailable, Refused: the producer itself has failed for good; make a new one.
            RuntimeError: the producer is closed.
        """
        delivery, deadline = self._delivery(topic, key, value), 0.0
        while True:
            seen = self._room.generation
            if self._offer(delivery, value, headers, partition):
                return delivery
            deadline = deadline or monotonic() + timeout
            if not self._room.wait(seen, deadline):
                raise _full(timeout)

    async def produce_async(
        self,
        topic: Topic | str,
        key: bytes | None,
        value: bytes | None,
        headers: Headers = (),
        partition: int | None = None,
        timeout: float = 30.0,
    ) -> Delivery:
        """`produce` for coroutines: while the buffer is full, it waits without blocking the loop."""
        delivery, deadline = self._delivery(topic, key, value), 0.0
        while True:
            seen = self._room.generation
            if self._offer(delivery, value, headers, partition):
                return delivery
            deadline = deadline or monotonic() + timeout
            if not await self._room.wait_async(seen, deadline):
                raise _full(timeout)

    def flush(self, timeout: float | None = None) -> None:
        """Waits until Kafka has answered for every record (None: as long as `delivery_timeout` lets it).

        Raises:
            Undelivered: some records failed and nobody has looked at their receipts, or some still wait.
        """
        self._kafka.flush(-1 if timeout is None else timeout)
        self._room.made()
        self._tell(self._unanswered)

    async def flush_async(self, timeout: float | None = None) -> None:
        """`flush` for coroutines."""
        await asyncio.to_thread(self.flush, timeout)

    def close(self, timeout: float | None = None) -> None:
        """Flushes, gives up what is left after `timeout`, and ends the producer; again does nothing.

        Raises:
            Undelivered: as `flush`; what was given up is among its `deliveries`.
        """
        with self._gate:
            if self._closed:
                return
            self._closed = True
        self._kafka.flush(-1 if timeout is None else timeout)
        if self._unanswered:
            self._kafka.purge()
            self._kafka.flush(5.0)
        self._stopped = True
        self._served.join()
        self._room.made()
        self._tell(self._unanswered)

    async def close_async(self, timeout: float | None = None) -> None:
        """`close` for coroutines."""
        await asyncio.to_thread(self.close, timeout)

    @property
    def waiting(self) -> int:
        """How many records wait for Kafka's answer."""
        return self._unanswered

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        await self.close_async()

    def _delivery(self, topic: Topic | str, key: bytes | None, value: bytes | None) -> Delivery:
        if self._max is not None and value is not None and len(value) > self._max:
            raise OversizeValue(f"the value has {len(value)} bytes, at most {self._max} are allowed")
        return Delivery(topic if isinstance(topic, str) else topic.name, key)

    def _offer(self, delivery: Delivery, value: bytes | None, headers: Headers, partition: int | None) -> bool:
        with self._gate:
            if self._closed:
                raise RuntimeError("the producer is closed")
            self._count(1)  # before it is handed over: the answer may come at once, in another thread
            try:
                self._kafka.produce(
                    self._settings.namespace.name(delivery.topic),
                    value,
                    delivery.key,
                    -1 if partition is None else partition,
                    on_delivery=partial(self._report, delivery),
                    headers=list(headers),
                )
            except BufferError:
                self._count(-1)
                return False
            except KafkaException as failure:
                self._count(-1)
                raise typed(failure.args[0], delivery.topic) from failure
            return True

    def _count(self, more: int) -> None:
        with self._tally:
            self._unanswered += more

    def _report(self, delivery: Delivery, error: KafkaError | None, message: Message) -> None:
        self._count(-1)
        if error is None:
            partition, offset = message.partition(), message.offset()
            assert partition is not None
            assert offset is not None
            delivery.settle(RecordMetadata(delivery.topic, partition, offset))
        else:
            self._failed.append(delivery)
            delivery.settle(typed(error, delivery.topic))

    def _serve(self) -> None:
        while not self._stopped:
            if self._kafka.poll(_POLL_S):
                self._room.made()

    def _tell(self, waiting: int) -> None:
        failed = [self._failed.popleft() for _ in range(len(self._failed))]
        unread = [delivery for delivery in failed if not delivery.seen]
        if unread or waiting:
            raise Undelivered(unread, waiting)


def _full(timeout: float) -> BufferFull:
    return BufferFull(f"the producer's buffer had no room for {timeout} s: is Kafka up? else publish less at a time")
