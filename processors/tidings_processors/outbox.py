"""What the stages write: one idempotent producer for all, and for each run a parcel that knows when all has arrived."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Any

import confluent_kafka
import structlog
from confluent_kafka import KafkaError, KafkaException, Message
from tidings_schemas.topics import DEAD_LETTERS, Namespace

from .core.record import RecordOut
from .deadman import Deadman
from .leaving import leave

log = structlog.get_logger(__name__)

_POLL_S = 0.002  # how often deliveries are looked at while some are awaited: an ack may be late, a record never is
_FULL_S = 0.005


class Parcel:
    """All that comes of one run.

    Args:
        done: called once when every record that was put in has reached Kafka, after `seal`.
    """

    __slots__ = ("_done", "_ended", "_left", "_sealed")

    def __init__(self, done: Callable[[], None], ended: Callable[[], None]) -> None:
        self._done = done
        self._ended = ended
        self._left = 0
        self._sealed = False

    def add(self, count: int) -> None:
        """So many more records will be produced."""
        self._left += count

    def seal(self) -> None:
        """No more records come."""
        self._sealed = True
        self._settle()

    def abandon(self) -> None:
        """The run is not ours any more: what was put in may arrive or not, nobody is told."""
        self._ended()

    def arrived(self, error: KafkaError | None, message: Message) -> None:
        """librdkafka's delivery callback. A record that did not arrive ends the process, so that nothing is acked."""
        if error is not None:
            leave("Kafka did not take a record", topic=message.topic(), error=error.str())
        self._left -= 1
        self._settle()

    def _settle(self) -> None:
        if self._sealed and self._left == 0:
            self._ended()
            self._done()


class Outbox:
    """The producer of a worker. Everything but `close` belongs to the event loop's thread.

    Args:
        config: librdkafka's connection properties (`Settings.kafka()`).
        namespace: topics' names on the cluster.
        deadman: watches how long a parcel is under way.
        linger_ms: how long a record may wait for company.
        timeout_s: seconds after which a record that Kafka does not take ends the process.
    """

    def __init__(
        self, config: dict[str, Any], namespace: Namespace, deadman: Deadman, linger_ms: float, timeout_s: float
    ) -> None:
        self._kafka = confluent_kafka.Producer(
            {
                "client.id": "tidings-processors",
                "enable.idempotence": True,
                "acks": "all",
                "partitioner": "murmur2_random",
                "linger.ms": linger_ms,
                "message.timeout.ms": int(timeout_s * 1000),
                "message.max.bytes": DEAD_LETTERS.max_message_bytes,
                "queue.buffering.max.messages": 200_000,
                "queue.buffering.max.kbytes": 256 * 1024,
                "batch.num.messages": 10_000,
            }
            | config,
            logger=logging.getLogger("tidings.kafka"),
        )
        self._namespace = namespace
        self._names: dict[str, str] = {}
        self._deadman = deadman
        self._polling = False

    def parcel(self, what: str, done: Callable[[], None]) -> Parcel:
        """A parcel for a run; `done` is called when all of it has arrived."""
        ticket = self._deadman.begin(f"the delivery of what came of {what}")
        return Parcel(done, lambda: self._deadman.end(ticket))

    async def put(self, records: Sequence[RecordOut], parcel: Parcel) -> None:
        """Hands records over; while the buffer is full it waits, and the stage with it (back-pressure)."""
        names, produce, arrived = self._names, self._kafka.produce, parcel.arrived
        parcel.add(len(records))
        for record in records:
            name = names.get(record.topic)
            if name is None:
                name = names[record.topic] = self._namespace.name(record.topic)
            while True:
                try:
                    produce(name, record.value, record.key, headers=record.headers, on_delivery=arrived)  # type: ignore[arg-type]
                    break
                except BufferError:
                    self._kafka.poll(0)
                    await asyncio.sleep(_FULL_S)
                except KafkaException as error:
                    leave("a record was refused", topic=name, error=str(error), bytes=len(record.value))
        self._kafka.poll(0)
        self._keep_polling()

    def reach(self, timeout: float) -> bool:
        """Asks Kafka for a topic it knows, blocking; whether it answered within `timeout` seconds. From any thread."""
        try:
            self._kafka.list_topics(self._namespace.name(DEAD_LETTERS), timeout=timeout)
        except KafkaException:
            return False
        return True

    def __len__(self) -> int:
        """How many records are under way."""
        return len(self._kafka)

    async def close(self, timeout: float) -> int:
        """Waits up to `timeout` seconds for what is under way; returns how many records may not have arrived."""
        return await asyncio.to_thread(self._kafka.flush, timeout)

    def _keep_polling(self) -> None:
        if not self._polling and len(self._kafka):
            self._polling = True
            asyncio.get_running_loop().call_later(_POLL_S, self._poll)

    def _poll(self) -> None:
        self._kafka.poll(0)
        self._polling = False
        self._keep_polling()
