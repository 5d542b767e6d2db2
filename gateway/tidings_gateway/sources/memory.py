"""A log in memory: for demos, benches and tests. Deterministic, and lets one do to it what happens to Kafka."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

from tidings_schemas.partitioner import partition_of

from tidings_gateway.core.cursor import EPOCH_SIZE
from tidings_gateway.core.reasons import Reset

from .base import Batch, Bounds, Jump, Layout, Partitions, Prepare, Raw, starts_after

_BATCH = 1000


@dataclass(slots=True)
class _Log:
    low: int = 0
    records: list[Raw] = field(default_factory=list)

    @property
    def high(self) -> int:
        return self.low + len(self.records)

    def slice(self, start: int, stop: int) -> list[Raw]:
        return self.records[start - self.low : stop - self.low]


class MemorySource:
    """A topic of `partitions` partitions. Use it from one event loop.

    Args:
        partitions: how many.
        back: how many records of each partition `events` begins before the end.
        margin: how many of these only show which notifications were there already.
    """

    def __init__(self, partitions: int = 1, back: int = 20_000, margin: int = 2_000) -> None:
        self.back = back
        self.margin = margin
        self._generation = 0
        self._logs = [_Log() for _ in range(partitions)]
        self._readers: set[asyncio.Event] = set()
        self._prepare: Prepare = lambda value: None
        self._partitions: Partitions = range
        self.reads = 0  # calls of `read`, for tests that promise few

    @property
    def epoch(self) -> bytes:
        """The topic's id: changes with `recreate`."""
        return hashlib.sha256(b"%d" % self._generation).digest()[:EPOCH_SIZE]

    def publish(self, user: str, value: bytes | None, timestamp: int = 0) -> tuple[int, int]:
        """Appends a user's record. Returns its partition and offset."""
        partition = partition_of(user, len(self._logs))
        return partition, self._append(partition, user.encode(), value, timestamp)

    def share(self, value: bytes, timestamp: int = 0) -> list[int]:
        """Appends a record for all followers of its topic to every partition. Returns the offsets."""
        return [self._append(partition, b"", value, timestamp) for partition in range(len(self._logs))]

    def trim(self, partition: int, low: int) -> None:
        """As retention does: removes what lies before `low`."""
        log = self._logs[partition]
        del log.records[: max(0, low - log.low)]
        log.low = max(low, log.low)
        self._notify()

    def truncate(self, partition: int, high: int) -> None:
        """As an unclean leader election does: the log ends at `high`."""
        log = self._logs[partition]
        del log.records[max(0, high - log.low) :]
        self._notify()

    def recreate(self, partitions: int | None = None) -> None:
        """Deletes the topic and makes it again, empty."""
        self._generation += 1
        self._logs = [_Log() for _ in range(partitions or len(self._logs))]
        self._notify()

    def add_partitions(self, count: int) -> None:
        """Grows the topic to `count` partitions."""
        self._logs.extend(_Log() for _ in range(count - len(self._logs)))
        self._notify()

    async def events(self, prepare: Prepare) -> AsyncGenerator[Layout | Batch | Jump, None]:
        """As `Source.events`."""
        self._prepare = prepare
        changed = asyncio.Event()
        self._readers.add(changed)
        try:
            seen: tuple[bytes, int, frozenset[int]] | None = None
            positions: dict[int, int] = {}
            while True:
                changed.clear()
                there = (self.epoch, len(self._logs), frozenset(self._partitions(len(self._logs))))
                if seen != there:
                    positions = self._begins(seen, there[2], positions)
                    seen = there
                    yield self._layout(dict(positions))
                    continue  # whoever took the layout may have changed it again meanwhile
                news = self._news(positions)
                for event in news:
                    yield event
                if not news:
                    await changed.wait()
        finally:
            self._readers.discard(changed)

    def serve(self, partitions: Partitions) -> None:
        """As `Source.serve`."""
        self._partitions = partitions
        self._notify()

    async def read(self, partition: int, start: int) -> AsyncGenerator[Batch | Jump, None]:
        """As `Source.read`."""
        self.reads += 1
        position = {partition: start}
        while news := self._news(position):
            for event in news:
                yield event
            await asyncio.sleep(0)

    async def bounds(self, partition: int) -> Bounds:
        """As `Source.bounds`."""
        return Bounds(self._logs[partition].low, self._logs[partition].high)

    async def close(self) -> None:
        """As `Source.close`."""

    def _layout(self, begins: dict[int, int]) -> Layout:
        bounds = {p: Bounds(self._logs[p].low, self._logs[p].high) for p in begins}
        ends = {p: bound.high for p, bound in bounds.items()}
        return Layout(self.epoch, len(self._logs), begins, starts_after(begins, bounds, self.margin), ends)

    def _begins(
        self, seen: tuple[bytes, int, frozenset[int]] | None, wanted: frozenset[int], positions: dict[int, int]
    ) -> dict[int, int]:
        """Where reading goes on; what came into being while we watched is read whole."""
        same = seen is not None and seen[0] == self.epoch
        old = len(self._logs) if seen is None else seen[1] if same else 0
        kept = positions if same else {}
        logs = {partition: self._logs[partition] for partition in sorted(wanted)}
        begins = {p: log.low if p >= old else max(log.low, log.high - self.back) for p, log in logs.items()}
        return begins | {p: position for p, position in kept.items() if p in wanted}

    def _news(self, positions: dict[int, int]) -> list[Batch | Jump]:
        """What lies between `positions`, which move on, and the logs' ends: a batch at most of each partition."""
        news: list[Batch | Jump] = []
        for partition in list(positions):
            log, position = self._logs[partition], positions[partition]
            if not log.low <= position <= log.high:
                gone = position < log.low
                position = positions[partition] = log.low if gone else log.high
                news.append(Jump(partition, position, Reset.EXPIRED if gone else Reset.FUTURE))
            records = log.slice(position, position + _BATCH)
            if records:
                for record in records:
                    if record.value is not None:
                        self._prepare(record.value)
                positions[partition] = position + len(records)
                news.append(Batch(partition, records, positions[partition], log.high))
        return news

    def _append(self, partition: int, key: bytes, value: bytes | None, timestamp: int) -> int:
        log = self._logs[partition]
        log.records.append(Raw(log.high, key, value, timestamp))
        self._notify()
        return log.high - 1

    def _notify(self) -> None:
        for reader in self._readers:
            reader.set()
