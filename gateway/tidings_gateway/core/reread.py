"""What was read from the log for somebody's resume, kept for the others who will ask for it in the same moment."""

from collections import deque

from .record import Record
from .tail import OVERHEAD


class Reread:
    """The newest records of one read, as many as there is room for.

    Args:
        start: the offset from which on nothing is missing.
        room: bytes, counted as the tail counts them.
    """

    def __init__(self, start: int, room: int) -> None:
        self.start = start
        self.records: deque[Record] = deque()
        self._room = room

    def add(self, record: Record) -> None:
        """The next record; what lies before `start` is left out."""
        if record.offset < self.start:
            return
        self.records.append(record)
        self._room -= record.size + OVERHEAD
        while self._room < 0:
            oldest = self.records.popleft()
            self.start = oldest.offset + 1
            self._room += oldest.size + OVERHEAD

    def restart(self, start: int) -> None:
        """The log goes on at `start`; what lay between is gone."""
        self._room += sum(record.size + OVERHEAD for record in self.records)
        self.records.clear()
        self.start = start
