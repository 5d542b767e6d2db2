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
        return self.entry.first

    @property
    def last(self) -> int:
        """Offset of the last record. Offsets between may be missing (compaction, transactions)."""
        return self.entry.last

    @property
    def current(self) -> bool:
        """Whether the partition is still this worker's, so that `done` counts. False after it was revoked or lost."""
        return self.entry.open

    def done(self) -> None:
        """All that came of these records is safe: the offset may be committed. Idempotent; from any thread."""
        self.entry.parts.discard(self._part)
        self._tell()

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
