"""Shell: reads the ranges of a plan from Kafka, in runs of one partition. The only importer of a Kafka consumer here.

No consumer group takes part: partitions are assigned and nothing is committed, so a replay disturbs nobody.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from operator import itemgetter

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition
from tidings_schemas.errors import BrokerUnavailable, Refused
from tidings_schemas.settings import Settings

from .core.headers import Headers
from .core.plan import Range
from .core.run import Run

#: Records asked for at a time: so few that their Python objects are still in the processor's cache when columns are
#: cut.
BATCH = 250
#: Records of a run, where nobody waits for the first: so many that Arrow's cost for a run does not show.
RUN = 8000
_SILENCE = 3.0  # seconds after which someone who waits is told why
_SECOND = itemgetter(1)
_FATAL = frozenset(
    {
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
        KafkaError.UNKNOWN_TOPIC_OR_PART,
        KafkaError._UNKNOWN_PARTITION,
        KafkaError._UNKNOWN_TOPIC,
        KafkaError.OFFSET_OUT_OF_RANGE,
        KafkaError._AUTO_OFFSET_RESET,
    }
)


@dataclass(frozen=True, slots=True)
class Limits:
    """How patient and how big.

    Attributes:
        patience: seconds without a record or an end before the broker counts as gone.
        buffered: bytes that wait in the client at most.
    """

    patience: float = 120.0
    buffered: int = 32 * 1024 * 1024


def configuration(settings: Settings, limits: Limits) -> dict[str, object]:
    """librdkafka's settings of a replay's consumer."""
    return settings.kafka(
        **{
            "group.id": "tidings-replay",  # librdkafka asks for one; it is never joined
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            "auto.offset.reset": "error",
            "enable.partition.eof": True,
            "isolation.level": "read_committed",
            "fetch.wait.max.ms": 100,
            "fetch.queue.backoff.ms": 10,
            "fetch.message.max.bytes": 2 * 1024 * 1024,
            "queued.max.messages.kbytes": max(1024, limits.buffered // 1024),
            "queued.min.messages": 100_000,
        }
    )


class Reader:
    """Reads each range to its end, once; `positions` says behind which record of each partition it is.

    Args:
        together: all partitions at once, as someone who watches wants it; else one after the other, which is faster:
            runs are longer and of one kind.
        follow: do not end at a range's stop, but go on with what arrives; always together.
        told: called with one sentence when the broker is away, and when it is back.

    Raises:
        BrokerUnavailable: nothing came for `limits.patience` seconds.
        Refused: the topic is gone, or reading it is not allowed.
    """

    def __init__(
        self,
        settings: Settings,
        ranges: Iterable[Range],
        *,
        together: bool = False,
        follow: bool = False,
        limits: Limits = Limits(),
        told: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._settings = settings
        self._limits = limits
        self._follow = follow
        self._told = told
        self._open = {(settings.namespace.name(r.topic), r.partition): r for r in ranges}
        self._topics = {settings.namespace.name(r.topic): r.topic for r in self._open.values()}
        self.positions = {(r.topic, r.partition): r.start for r in self._open.values()}
        self._together = together or follow
        self._waiting: list[tuple[str, int]] = []
        self._consumer: Consumer | None = None
        self._paused: set[tuple[str, int]] = set()
        self._stopped = False
        self._away = False
        self._silent = 0.0

    def pause(self, place: tuple[str, int], paused: bool) -> None:
        """Reading one partition (bare topic, partition) waits, or goes on."""
        where = [TopicPartition(self._settings.namespace.name(place[0]), place[1])]
        if self._consumer is not None and paused != (place in self._paused):
            (self._consumer.pause if paused else self._consumer.resume)(where)
            (self._paused.add if paused else self._paused.discard)(place)

    @property
    def open(self) -> set[tuple[str, int]]:
        """(bare topic, partition) of what is not through yet."""
        return {(r.topic, r.partition) for r in self._open.values()}

    def stop(self) -> None:
        """End `runs` after the current one; for signal handlers."""
        self._stopped = True

    def runs(self) -> Iterator[Run]:
        """Runs of one partition each; in offset order within a partition. While one follows, an empty run now and
        then."""
        if not self._open:
            return
        consumer = self._consumer = Consumer(configuration(self._settings, self._limits))
        try:
            self._waiting = list(reversed(self._open))
            for _ in self._open if self._together else "1":
                self._next(consumer)
            yield from self._consume(consumer) if self._together else _longer(self._consume(consumer))
        finally:
            self._consumer = None
            consumer.close()

    def _consume(self, consumer: Consumer) -> Iterator[Run]:
        while self._open and not self._stopped:
            asked = time.monotonic()
            messages = consumer.consume(BATCH, 0.5)
            if messages:
                self._hear()
                yield from self._sorted(consumer, messages)
                continue
            if not self._follow and len(self._paused) < len(self._open):
                self._miss(time.monotonic() - asked)
            if self._together:
                yield Run("", 0)

    def _miss(self, seconds: float) -> None:
        """Nothing came though something must: not even the end of a partition. Only time spent asking counts."""
        self._silent += seconds
        if self._silent > self._limits.patience:
            raise BrokerUnavailable(
                f"no answer from Kafka at {self._settings.bootstrap_servers} for {self._limits.patience:.0f} s"
            )
        if self._silent > _SILENCE and not self._away:
            self._away = True
            self._told("Kafka does not answer; waiting for it")

    def _hear(self) -> None:
        if self._away:
            self._away = False
            self._told(f"Kafka is back after {self._silent:.0f} s")
        self._silent = 0.0

    def _sorted(self, consumer: Consumer, messages: list[Message]) -> Iterator[Run]:
        events = []
        if any(map(Message.error, messages)):
            events = [m for m in messages if m.error() is not None]
            messages = [m for m in messages if m.error() is None]
        for place, of_one in _by_place(messages, self._together):
            if (run := self._run(consumer, place, of_one)) is not None:
                yield run
        for message in events:  # an end that was told along with the last records comes after them
            self._event(consumer, message)

    def _run(self, consumer: Consumer, place: tuple[str, int], messages: list[Message]) -> Run | None:
        wanted = self._open.get(place)
        if wanted is None:
            return None
        offsets: list[int] = list(map(Message.offset, messages))  # type: ignore[arg-type]
        if not self._follow and offsets[-1] >= wanted.stop:
            self._close(consumer, place)
            kept = sum(offset < wanted.stop for offset in offsets)
            messages, offsets = messages[:kept], offsets[:kept]
        if not offsets:
            return None
        self.positions[wanted.topic, wanted.partition] = offsets[-1] + 1
        if not self._follow and offsets[-1] + 1 >= wanted.stop:
            self._close(consumer, place)
        return Run(
            wanted.topic,
            wanted.partition,
            offsets,
            list(map(_SECOND, map(Message.timestamp, messages))),
            list(map(Message.key, messages)),
            list(map(Message.value, messages)),
            Headers(list(map(Message.headers, messages))),  # type: ignore[arg-type]
        )

    def _event(self, consumer: Consumer, message: Message) -> None:
        error = message.error()
        assert error is not None
        place = (message.topic() or "", message.partition() if message.partition() is not None else -1)
        if error.code() == KafkaError._PARTITION_EOF:
            if not self._follow and place in self._open:
                self._close(consumer, place)
        elif error.code() in _FATAL:
            raise Refused(f"{place[0]}: {error.str()}")
        elif error.fatal():
            raise KafkaException(error)

    def _close(self, consumer: Consumer, place: tuple[str, int]) -> None:
        """The partition is through: holes before its stop hold no record."""
        done = self._open.pop(place, None)
        if done is not None:
            self._paused.discard((done.topic, done.partition))
            consumer.incremental_unassign([TopicPartition(*place)])
            self._next(consumer)

    def _next(self, consumer: Consumer) -> None:
        if self._waiting:
            place = self._waiting.pop()
            consumer.incremental_assign([TopicPartition(*place, self._open[place].start)])


def _by_place(messages: list[Message], mixed: bool) -> Iterable[tuple[tuple[str, int], list[Message]]]:
    """Messages by (topic, partition), each in its order. Not `mixed`: only one partition is assigned at a time, and
    what the client still held of the one before is gone with its assignment."""
    if not mixed:
        return [((messages[0].topic() or "", messages[0].partition() or 0), messages)] if messages else []
    found: dict[tuple[str, int], list[Message]] = {}
    for message in messages:
        found.setdefault((message.topic() or "", message.partition() or 0), []).append(message)
    return found.items()


def _longer(runs: Iterable[Run]) -> Iterator[Run]:
    """Runs of one partition each, joined to about `RUN` records."""
    held: Run | None = None
    for run in runs:
        if held is not None and (held.topic, held.partition) == (run.topic, run.partition):
            held.extend(run)
        else:
            if held is not None:
                yield held
            held = run
        if len(held) >= RUN:
            yield held
            held = None
    if held is not None:
        yield held
