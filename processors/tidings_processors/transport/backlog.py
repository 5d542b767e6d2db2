"""Records of one partition that were read but not handed out yet, and when to stop reading more. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

R = TypeVar("R")
K = TypeVar("K")


class Level:
    """How much of a partition waits, counted by two threads without a lock: each counter has one writer."""

    __slots__ = ("read", "read_bytes", "taken", "taken_bytes")

    def __init__(self) -> None:
        self.read = self.read_bytes = 0
        self.taken = self.taken_bytes = 0

    @property
    def records(self) -> int:
        return self.read - self.taken

    @property
    def size(self) -> int:
        """Bytes."""
        return self.read_bytes - self.taken_bytes


@dataclass(frozen=True, slots=True)
class Limits:
    """Where reading a partition stops (above `high`), and where it goes on (below `low`)."""

    high_records: int
    high_bytes: int
    low_ratio: float = 0.5

    def full(self, level: Level) -> bool:
        return level.records >= self.high_records or level.size >= self.high_bytes

    def drained(self, level: Level) -> bool:
        ratio = self.low_ratio
        return level.records <= self.high_records * ratio and level.size <= self.high_bytes * ratio


@dataclass(slots=True)
class Gate(Generic[K]):
    """Which partitions are paused because enough of them waits here."""

    limits: Limits
    paused: set[K] = field(default_factory=set)

    def close(self, levels: Mapping[K, Level], touched: Iterable[K]) -> list[K]:
        """Of the partitions just read, those to pause now."""
        full = [key for key in touched if key not in self.paused and key in levels and self.limits.full(levels[key])]
        self.paused.update(full)
        return full

    def open(self, levels: Mapping[K, Level]) -> list[K]:
        """Of the paused partitions, those to resume now."""
        self.paused &= levels.keys()
        drained = [key for key in self.paused if self.limits.drained(levels[key])]
        self.paused.difference_update(drained)
        return drained


class Backlog(Generic[R]):
    """A queue of records that takes chunks and gives runs; while nobody takes, the next run grows."""

    def __init__(self, level: Level, size_of: Callable[[R], int]) -> None:
        self._chunks: deque[list[R]] = deque()
        self._level = level
        self._size_of = size_of
        self._length = 0

    def __len__(self) -> int:
        return self._length

    @property
    def head(self) -> R | None:
        """The record that is handed out next."""
        return self._chunks[0][0] if self._chunks else None

    def add(self, chunk: list[R]) -> None:
        """Append records, in order. The list belongs to the backlog from now on."""
        if chunk:
            self._chunks.append(chunk)
            self._length += len(chunk)

    def cut(self, most: int) -> list[R]:
        """Take the next run: all that waits, at most `most` records."""
        chunks = self._chunks
        run = chunks.popleft()
        while chunks and len(run) < most:
            run.extend(chunks.popleft())
        if len(run) > most:
            chunks.appendleft(run[most:])
            run = run[:most]
        self._took(run)
        return run

    def clear(self) -> None:
        """Drop all."""
        for chunk in self._chunks:
            self._took(chunk)
        self._chunks.clear()

    def _took(self, records: list[R]) -> None:
        self._length -= len(records)
        self._level.taken += len(records)
        self._level.taken_bytes += sum(map(self._size_of, records))
