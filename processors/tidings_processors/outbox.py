"""What the stages write: one idempotent producer for all, and for each run a parcel that knows when all has arrived."""

import asyncio
from collections.abc import Callable, Hashable, Sequence
from contextlib import suppress
from functools import partial
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
    """All that comes of one run, or of a part of it.

    Args:
        source: what it comes of.
        done: called once when every record that was put in has reached Kafka, after `seal`.

    Attributes:
        taken: how many of the run's records are dealt with in it; whoever works on the run counts.
        size: how many records were put in, whether they have arrived or not.
        later, last: records that are produced only when all before them have reached Kafka; the parcel is done behind.
    """

    __slots__ = ("_done", "_ended", "_left", "_sealed", "_send", "last", "later", "size", "source", "taken")

    def __init__(
        self,
        source: Hashable,
        done: Callable[[], None],
        ended: Callable[[], None],
        send: Callable[[list[RecordOut], "Parcel"], None],
    ) -> None:
        self.source = source
        self._done = done
        self._ended = ended
        self._send = send
        self.later: list[RecordOut] = []
        self.last: list[RecordOut] = []
        self.taken = 0
        self.size = 0
        self._left = 0
        self._sealed = False

    def add(self, count: int) -> None:
        """So many more records will be produced."""
        self.size += count
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

    def progress(self) -> tuple[int, int, int]:
        """What changes with each step of the run that gets on, and with each record that arrives. From any thread."""
        return self.taken, self.size, self._left

    def __len__(self) -> int:
        """How many of its records are under way."""
        return self._left

    def _settle(self) -> None:
        if not self._sealed or self._left:
            return
        if self.later or self.last:
            records = self.later or self.last
            self.later, self.last = [], self.last if self.later else []
            self._send(records, self)
        else:
            self._ended()
            self._done()


class Outbox:
    """The producer of a worker. Everything but `close` belongs to the event loop's thread.

    Args:
        config: librdkafka's connection properties (`Settings.kafka()`).
        namespace: topics' names on the cluster.
        deadman: watches how long a parcel stands still.
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
            | config
        )
        self._namespace = namespace
        self._names: dict[str, str] = {}
        self._deadman = deadman
        self._polling = False
        self._sending: set[asyncio.Task[None]] = set()
        self._parcels: dict[int, Parcel] = {}  # those that are under way, by the deadman's ticket
        self._loop: asyncio.AbstractEventLoop | None = None

    def parcel(self, what: str, source: Hashable, done: Callable[[], None]) -> Parcel:
        """A parcel for a run of a source (a partition); `done` is called when all of it has arrived.

        From now on until then, or until it is abandoned, the deadman wants to see it get on.
        """
        ticket = self._deadman.begin(what)
        # Its end knows the ticket, not the parcel: that would hold itself, and its run's records with it, until the
        # garbage collector came by. That was nine objects an event, 50 MB under load and 7 % of the worker's CPU.
        parcel = self._parcels[ticket] = Parcel(source, done, partial(self._ended, ticket), self._send)
        self._deadman.follow(ticket, parcel.progress)
        return parcel

    def under_way(self, source: Hashable) -> int:
        """How many records were put into parcels of a source that are not done yet."""
        return sum(parcel.size for parcel in list(self._parcels.values()) if parcel.source == source)

    def send(self, record: RecordOut) -> None:
        """Hands over one record of which nobody needs to know whether it arrives; it may be left out."""
        with suppress(BufferError, KafkaException):
            name = self._namespace.name(record.topic)
            self._kafka.produce(name, record.value, record.key, record.partition, headers=record.headers)  # type: ignore[arg-type]

    async def put(self, records: Sequence[RecordOut], parcel: Parcel) -> None:
        """Hands records over; while the buffer is full it waits, and the stage with it (back-pressure)."""
        self._loop = asyncio.get_running_loop()
        names, produce, arrived = self._names, self._kafka.produce, parcel.arrived
        parcel.add(len(records))
        for topic, key, value, headers, partition, timestamp in records:
            name = names.get(topic)
            if name is None:
                name = names[topic] = self._namespace.name(topic)
            while True:
                try:
                    produce(name, value, key, partition, arrived, timestamp=timestamp, headers=headers)  # type: ignore[arg-type]
                    break
                except BufferError:
                    self._kafka.poll(0)
                    await asyncio.sleep(_FULL_S)
                except KafkaException as error:
                    leave("a record was refused", topic=name, error=str(error), bytes=len(value or b""))
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
        """How many records of parcels are under way. librdkafka's own count takes its log lines for records."""
        return sum(map(len, list(self._parcels.values())))

    async def close(self, timeout: float) -> int:
        """Waits up to `timeout` seconds for what is under way; returns how many records may not have arrived."""
        await asyncio.to_thread(self._kafka.flush, timeout)
        await asyncio.sleep(0)  # what had to wait for that is handed over now
        if not len(self) and self._sending:
            await asyncio.wait(self._sending, timeout=timeout)
            await asyncio.to_thread(self._kafka.flush, timeout)
        return len(self)

    def _ended(self, ticket: int) -> None:
        self._deadman.end(ticket)
        self._parcels.pop(ticket, None)

    def _send(self, records: list[RecordOut], parcel: Parcel) -> None:
        """From any thread: `close` lets deliveries be told in one of its own."""
        assert self._loop is not None, "a parcel was filled by `put`"
        self._loop.call_soon_threadsafe(self._begin_sending, records, parcel)

    def _begin_sending(self, records: list[RecordOut], parcel: Parcel) -> None:
        task = asyncio.get_running_loop().create_task(self.put(records, parcel))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    def _keep_polling(self) -> None:
        if not self._polling and len(self._kafka):
            self._polling = True
            asyncio.get_running_loop().call_later(_POLL_S, self._poll)

    def _poll(self) -> None:
        self._kafka.poll(0)
        self._polling = False
        self._keep_polling()
