"""What goes into a stage and what comes out: plain values, whatever brings them and takes them away."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from tidings_schemas.cloudevents import Envelope, envelope_of
from tidings_schemas.errors import Transient

Headers = list[tuple[str, bytes]]

#: Where a record came from: `topic:partition:offset:index`, bare topic name, the how-manyth output of it.
SOURCE_HEADER = "tidings-src"
TRACE_HEADER = "traceparent"
#: On what comes of rules with a time to live: when Kafka was given the event, ms since 1970. It counts from then.
SINCE_HEADER = "tidings-since"


class Unreadable(tuple[()]):
    """What stands for headers that cannot be read: none. A stage makes a dead letter of their record."""


class RecordIn(NamedTuple):
    """A Kafka record; `topic` is the bare name, without the namespace."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]
    timestamp_ms: int

    def envelope(self, record_type: str) -> Envelope:
        """What its headers say of the event, and for what they don't, where it lies; see `envelope_of`."""
        return envelope_of(
            self.headers,
            topic=self.topic,
            partition=self.partition,
            offset=self.offset,
            key=self.key,
            timestamp_ms=self.timestamp_ms,
            record_type=record_type,
        )


class RecordOut(NamedTuple):
    """A record to produce; `topic` is the bare name.

    Its partition is its key's, unless `partition` says another; its time is when it is produced, unless `timestamp_ms`
    says another.
    """

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers
    partition: int = -1
    timestamp_ms: int = 0

    def appended(self, partition: int, offset: int, now_ms: int) -> RecordIn:
        """What whoever reads it finds once it lies there, if it was produced at `now_ms`."""
        return RecordIn(self.topic, partition, offset, self.key, self.value, self.headers, self.timestamp_ms or now_ms)


@dataclass(slots=True)
class Step:
    """What a stage made of the first `done` records of a run.

    Attributes:
        outs: records to produce, in order.
        later: records to produce once Kafka has all of `outs`: words of what was told, never to be there without it.
        last: records to produce behind those: notes that let go of what was held, for good.
        again: whether the record behind `done` was begun and must be taken once more.
        done: how many records of the run are dealt with; all of them unless it must wait.
        waiting: why the record behind them cannot be dealt with yet.
        counts: what became of those that gave no output, by name: `dead-letter.UndecodableValue`, `silent.muted-kind`.
    """

    outs: list[RecordOut] = field(default_factory=list)
    later: list[RecordOut] = field(default_factory=list)
    last: list[RecordOut] = field(default_factory=list)
    again: bool = False
    done: int = 0
    waiting: Transient | None = None
    counts: dict[str, int] = field(default_factory=dict)

    def count(self, name: str) -> None:
        """One more of what `name` says."""
        self.counts[name] = self.counts.get(name, 0) + 1


def source_header(record: RecordIn, index: int) -> tuple[str, bytes]:
    """The header that says which record an output came from."""
    return SOURCE_HEADER, f"{record.topic}:{record.partition}:{record.offset}:{index}".encode()


def trace_headers(record: RecordIn) -> Headers:
    """The record's trace context, to be handed on; empty if it has none."""
    return [(name, value) for name, value in record.headers if name == TRACE_HEADER and value is not None]


def event_headers(record: RecordIn) -> Headers:
    """What a draft says of its event beside its value, to be handed on to the next draft."""
    return [(name, value) for name, value in record.headers if name in _OF_EVENTS and value is not None]


def since_ms(record: RecordIn) -> int:
    """When Kafka was given a draft's event; when it was given the draft, if that does not say."""
    for name, value in record.headers:
        if name == SINCE_HEADER and value is not None and value.isdigit():
            return int(value)
    return record.timestamp_ms


_OF_EVENTS = (TRACE_HEADER, SINCE_HEADER)
