"""Which notifications were seen lately: the processors may write one again at a new offset after a crash."""

from collections import deque

from .record import Record


class Window:
    """The last `capacity` distinct ids.

    A set and not a high-water mark of source offsets: with a zombie's partial failure a mark turns a duplicate
    into a loss. For the same reason a record that cannot be read does not stand in the way of one that can.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._known: dict[bytes, Record | None] = {}  # None: no longer in memory, taken to have been readable
        self._order: deque[bytes] = deque()

    def __len__(self) -> int:
        return len(self._known)

    def add(self, record: Record) -> bool:
        """Notes the record. False if it repeats one that was there before; one without an id never does."""
        id, known = record.id, self._known
        if id is None:
            return True
        if id in known:
            earlier = known[id]
            if earlier is None or earlier.message is not None:
                return False
            known[id] = record
            return True
        known[id] = record
        self._order.append(id)
        if len(self._order) > self._capacity:
            del known[self._order.popleft()]
        return True

    def release(self, record: Record) -> None:
        """The record leaves memory; its id stays known."""
        if record.id is not None and self._known.get(record.id) is record:
            self._known[record.id] = None
