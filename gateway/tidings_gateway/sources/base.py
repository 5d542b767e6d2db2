"""What the streams want of a log. One suite in tests/contract holds every source to it."""

from collections.abc import AsyncGenerator, Callable, Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from tidings_gateway.core.reasons import Reset

#: Called with each value before it is handed over, in a thread of the source's; it may block (to learn a schema).
Prepare = Callable[[bytes], None]

#: How many partitions the topic has → those that are read.
Partitions = Callable[[int], Collection[int]]


class Raw(NamedTuple):
    """One record as it lies in the log. An empty or missing key: shared by the followers of its topic."""

    offset: int
    key: bytes | None
    value: bytes | None
    timestamp: int  # unix milliseconds


@dataclass(frozen=True, slots=True)
class Layout:
    """The topic is, or has become, this.

    Attributes:
        epoch: the first 6 bytes of the topic's id; another one means that the topic was recreated.
        count: how many partitions the topic has.
        begins: for each partition that this source reads, the offset at which its batches begin.
        starts: for each of these, the offset from which on records may be given to clients; those before it only show
            which notifications were there already.
        ends: for each of these, where the log ended just now; read up to there, the tails are primed.
    """

    epoch: bytes
    count: int
    begins: dict[int, int]
    starts: dict[int, int]
    ends: dict[int, int]


@dataclass(frozen=True, slots=True)
class Batch:
    """Records that follow in one partition, which is thereby read up to `end`; `log_end` is where it ends."""

    partition: int
    records: Sequence[Raw]
    end: int
    log_end: int


@dataclass(frozen=True, slots=True)
class Jump:
    """The partition goes on at `start`: what lay before was not read and is gone (`EXPIRED`, or `FUTURE`: cut off)."""

    partition: int
    start: int
    reason: Reset


@dataclass(frozen=True, slots=True)
class Bounds:
    """A partition holds offsets `low` ≤ offset < `high`."""

    low: int
    high: int


class Source(Protocol):
    """A log of notifications in partitions, keyed by user."""

    def events(self, prepare: Prepare) -> AsyncGenerator[Layout | Batch | Jump, None]:
        """First a `Layout`; then batches from its `begins` on without a gap, and whatever else happens, in order.

        A partition that another `Layout` of the same epoch still has goes on where it was. Errors that may pass are
        waited out.
        """

    def serve(self, partitions: Partitions) -> None:
        """From now on only these partitions are read (before the first call: all); a `Layout` follows.

        One that was not read before begins as at the start: some records before its end.
        """

    def read(self, partition: int, start: int) -> AsyncGenerator[Batch | Jump, None]:
        """Reads again from `start` on, for a resume; the caller stops when it has enough.

        Comes to an end where the log ends. `Jump`: retention has removed what lay before its `start`.

        Raises:
            BrokerUnavailable: no answer.
        """

    async def bounds(self, partition: int) -> Bounds:
        """What the partition holds just now.

        Raises:
            BrokerUnavailable: no answer.
        """

    async def close(self) -> None:
        """Lets go of connections and threads."""


def starts_after(begins: dict[int, int], bounds: dict[int, Bounds], margin: int) -> dict[int, int]:
    """`Layout.starts`: `margin` records after `begins`, unless nothing lies before it anyway."""
    return {
        partition: begin if begin <= bounds[partition].low else min(begin + margin, bounds[partition].high)
        for partition, begin in begins.items()
    }
