"""What an agent receives: a run of records of one partition."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import overload

from confluent_kafka import Message
from faust.types import TP

from .ledger import Entry


class Run(Sequence[Message]):
    """Consecutive records of one partition, oldest first; at least one.

    The offset behind the run is committed only after `done()` was called on it and on every run of the partition before
    it. A run that is never done is delivered again, to whoever gets the partition next.

    As a context manager a run is done when the block ends without an exception::

        async for run in stream:
            with run:
                for message in run: ...

    A long one may be done in pieces: see `split`.
    """

    __slots__ = ("_part", "_tell", "entry", "records", "tp")

    def __init__(self, tp: TP, records: list[Message], entry: Entry, part: int, tell: Callable[[], None]) -> None:
        self.tp = tp
        self.records = records
        self.entry = entry
        self._part = part
        self._tell = tell

    @property
    def topic(self) -> str:
        return self.tp.topic

    @property
    def partition(self) -> int:
        return self.tp.partition

    @property
    def first(self) -> int:
        """Offset of the first record."""
        return _offset(self.records[0])

    @property
    def last(self) -> int:
        """Offset of the last record. Offsets between may be missing (compaction, transactions)."""
        return _offset(self.records[-1])

    @property
    def current(self) -> bool:
        """Whether the partition is still this worker's, so that `done` counts. False after it was revoked or lost."""
        return self.entry.open

    def done(self) -> None:
        """All that came of these records is safe: the offset may be committed. Idempotent; from any thread."""
        self.entry.end(self._part)
        self._tell()

    def split(self, count: int) -> Run:
        """Takes all but the first `count` records off, as a run of their own; either is done by itself, in any order.

        What becomes of a run's first records can be committed while the rest is still worked on. Call it before `done`,
        and where runs are handed out, in the event loop.

        Raises:
            ValueError: one of the two would have no records.
        """
        if not 0 < count < len(self.records):
            raise ValueError(f"{self!r} cannot be split behind {count}")
        rest = self.records[count:]
        self.records = self.records[:count]
        return Run(self.tp, rest, self.entry, self.entry.split(_offset(rest[0])), self._tell)

    def __len__(self) -> int:
        return len(self.records)

    def __iter__(self) -> Iterator[Message]:
        return iter(self.records)

    @overload
    def __getitem__(self, index: int) -> Message: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Message]: ...
    def __getitem__(self, index: int | slice) -> Message | Sequence[Message]:
        return self.records[index]

    def __enter__(self) -> Run:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.done()

    def __repr__(self) -> str:
        return f"<Run {self.topic}[{self.partition}] {self.first}..{self.last}, {len(self)} records>"


def _offset(record: Message) -> int:
    offset = record.offset()
    assert offset is not None, "a fetched record has an offset"
    return offset
