"""Which ids were seen lately: the processors may write a notification again at a new offset after a crash."""

from collections import deque


class Window:
    """The last `capacity` distinct ids.

    A set and not a high-water mark of source offsets: with a zombie's partial failure a mark turns a duplicate
    into a loss.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._known: set[bytes] = set()
        self._order: deque[bytes] = deque()

    def __len__(self) -> int:
        return len(self._known)

    def add(self, id: bytes) -> bool:
        """Notes the id. False if it was there already."""
        if id in self._known:
            return False
        self._known.add(id)
        self._order.append(id)
        if len(self._order) > self._capacity:
            self._known.discard(self._order.popleft())
        return True
