"""What is done of one partition, and up to where it may be committed. Pure: no clock, no I/O, no Kafka."""

from __future__ import annotations

from collections import deque


class Entry:
    """One run of records that was handed out.

    `parts` is who still works on it: a number for each agent that got the run, and for each piece that one split off;
    with the offset where it begins. Its end is one `dict.pop`, which is atomic in CPython, so a run may be finished
    from any thread (a producer's delivery callback, say).
    """

    __slots__ = ("_numbers", "count", "first", "last", "open", "parts", "void")

    def __init__(self, first: int, last: int, count: int, parts: int) -> None:
        self.first = first
        self.last = last
        self.count = count
        self.parts = dict.fromkeys(range(parts), first)
        self._numbers = parts
        self.open = True
        self.void = False

    def split(self, offset: int) -> int:
        """Who works on it does so in one more part from now on, from `offset`; returns the number for its `end`."""
        number = self._numbers
        self._numbers += 1
        self.parts[number] = offset
        return number

    def end(self, part: int) -> None:
        """A part is done. From any thread."""
        self.parts.pop(part, None)

    @property
    def done(self) -> bool:
        return not self.parts

    @property
    def position(self) -> int:
        """The offset below which all of its parts are done."""
        return min(tuple(self.parts.values()), default=self.last + 1)


class Ledger:
    """Runs of one partition in the order they were handed out, and the offset below which all of them are done.

    Promise: `position` never passes a part of a run that is not done. Everything but `Entry.end` belongs to one thread.
    """

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque()
        self._position: int | None = None
        self._committed: int | None = None
        self._undone = 0
        self._closed = False

    def open(self, first: int, last: int, count: int, parts: int = 1) -> Entry:
        """Note a run that is handed out now.

        Args:
            first: offset of its first record; above that of every run before.
            last: offset of its last record.
            count: how many records it has.
            parts: how many agents work on it.
        """
        entry = Entry(first, last, count, parts)
        self._entries.append(entry)
        self._undone += count
        return entry

    @property
    def position(self) -> int | None:
        """The offset to commit (of the first record that is not done), or None while nothing is done."""
        entries = self._entries
        while entries and entries[0].done and not entries[0].void:
            entry = entries.popleft()
            self._undone -= entry.count
            self._position = entry.last + 1
        if entries and not entries[0].void and (position := entries[0].position) > entries[0].first:
            self._position = position
        return self._position

    @property
    def pending(self) -> int | None:
        """`position` if it is worth a commit; None if it is committed already or the partition is gone."""
        position = self.position
        return None if self._closed or position == self._committed else position

    @property
    def undone(self) -> int:
        """Records of the runs that the commit still waits for."""
        _ = self.position
        return self._undone

    def holds(self, most: int) -> bool:
        """Whether fewer than `most` records are undone."""
        return self._undone < most or self.undone < most  # the first is cheap, and too high at most

    @property
    def awaited(self) -> bool:
        """Whether waiting may let the commit go on: the first run that is not done is being worked on."""
        _ = self.position
        return not self._closed and bool(self._entries) and not self._entries[0].void

    @property
    def oldest(self) -> Entry | None:
        """The run that the commit waits for, or None."""
        _ = self.position
        return self._entries[0] if self._entries else None

    def void(self, entry: Entry) -> None:
        """Nobody will work on this run (its partition is being given up): don't wait for it, don't commit past it."""
        entry.void = True

    def committed(self, offset: int) -> None:
        """The broker accepted `offset`."""
        self._committed = offset

    def close(self) -> None:
        """The partition belongs to somebody else, or starts anew elsewhere: what is still done here counts no more."""
        self._closed = True
        for entry in self._entries:
            entry.open = False

    @property
    def closed(self) -> bool:
        return self._closed
