"""The ids of the last so-many records of a partition: what was written already is not written again."""

from collections import deque
from hashlib import sha1

from .identity import packed


class Window:
    """A bounded set of ids that forgets the oldest first.

    A set and a queue, not a dict alone: to find a dict's oldest key one walks over all that were deleted before it,
    which took 26 µs an id with a full window of 50,000 (a set and a queue: 0.2 µs).

    Args:
        limit: how many ids it holds; each takes about 150 bytes.

    Attributes:
        restored_to: offset of the last input record of which something was there at a start; -1 = of none. Those up to
            it are a replay, and what comes of them must not depend on what falls due meanwhile.
    """

    def __init__(self, limit: int) -> None:
        self.restored_to = -1
        self._limit = limit
        self._ids: set[bytes] = set()
        self._order: deque[bytes] = deque()
        self._for_all: set[bytes] = set()
        self._last = "", _key("")

    def add(self, record_id: str, for_all: bool = True) -> bool:
        """Notes an id; False if it was there.

        Args:
            for_all: whether many may have been told under it at once; who does not know leaves it.
        """
        key = self._key_of(record_id)
        if key in self._ids:
            return False
        self._ids.add(key)
        self._order.append(key)
        if for_all:
            self._for_all.add(key)
        if len(self._order) > self._limit:
            oldest = self._order.popleft()
            self._ids.remove(oldest)
            self._for_all.discard(oldest)
        return True

    def restore(self, record_id: str, for_all: bool, offset: int) -> None:
        """Notes an id that was there at a start, and the offset of the input record that it came of."""
        self.add(record_id, for_all)
        self.restored_to = max(self.restored_to, offset)

    @property
    def knows_any_for_all(self) -> bool:
        """Whether it holds an id under which many may have been told: mostly none, and then none need be made."""
        return bool(self._for_all)

    def __contains__(self, record_id: str) -> bool:
        return self._key_of(record_id) in self._ids

    def __len__(self) -> int:
        return len(self._ids)

    def _key_of(self, record_id: str) -> bytes:
        """`_key`, kept from the call before: who finds that an id is new adds it next."""
        known, key = self._last
        if record_id is not known:
            key = _key(record_id)
            self._last = record_id, key
        return key


def _key(record_id: str) -> bytes:
    try:
        return packed(record_id)
    except ValueError:  # a device's own id need be no UUID
        return sha1(record_id.encode(errors="replace"), usedforsecurity=False).digest()[:16]
