"""The ids of the last so-many records of a partition: what was written already is not written again."""

from hashlib import sha1

from .identity import packed


class Window:
    """A bounded set of ids that forgets the oldest first.

    Args:
        limit: how many ids it holds; each takes about 100 bytes.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._ids: dict[bytes, None] = {}

    def add(self, record_id: str) -> bool:
        """Notes an id; False if it was there."""
        key = _key(record_id)
        if key in self._ids:
            return False
        self._ids[key] = None
        if len(self._ids) > self._limit:
            del self._ids[next(iter(self._ids))]
        return True

    def __contains__(self, record_id: str) -> bool:
        return _key(record_id) in self._ids

    def __len__(self) -> int:
        return len(self._ids)


def _key(record_id: str) -> bytes:
    try:
        return packed(record_id)
    except ValueError:  # a device's own id need be no UUID
        return sha1(record_id.encode(errors="replace"), usedforsecurity=False).digest()[:16]
