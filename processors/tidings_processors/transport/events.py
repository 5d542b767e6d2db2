"""What the reader thread tells the event loop, in the order in which it happened."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

from confluent_kafka import KafkaError, Message
from faust.types import TP

from .backlog import Level


@dataclass(frozen=True, slots=True)
class Fetched:
    """Records, by partition, each list in order of offsets."""

    records: dict[TP, list[Message]]


@dataclass(frozen=True, slots=True)
class Assigned:
    """Partitions that this worker got in addition to those it has (librdkafka reads them from now on).

    Attributes:
        levels: how much of each waits.
        starts: committed offsets; a partition without one, or not told in time, is left out.
    """

    levels: Mapping[TP, Level]
    starts: Mapping[TP, int]


@dataclass(frozen=True, slots=True)
class Revoked:
    """Partitions that this worker has to give up.

    Attributes:
        lost: they are somebody else's already (the session ran out): nothing may be committed.
        deadline: `time.monotonic()` at which the reader gives them up at the latest.
        released: set it as soon as they may be given up.
    """

    partitions: frozenset[TP]
    lost: bool
    deadline: float
    released: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True, slots=True)
class Sought:
    """The partition is read from `offset` on; what was read before is void."""

    partition: TP
    offset: int


@dataclass(frozen=True, slots=True)
class Failed:
    """librdkafka reports an error.

    Attributes:
        fatal: the consumer cannot go on.
        partition: which partition it is about, if any.
    """

    error: KafkaError | BaseException
    fatal: bool
    partition: TP | None = None


ReaderEvent = Fetched | Assigned | Revoked | Sought | Failed
