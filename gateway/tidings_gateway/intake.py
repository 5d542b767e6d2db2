"""Raw records of a source → records of a tail."""

from collections.abc import Iterable

from .core.record import Message, Record, record_id
from .core.shared import Personal, Shared
from .decoder import Decoder
from .sources.base import Raw


class Intake:
    """Makes records; what is no notification at all (a tombstone, a key that is not text) is left out and counted.

    Args:
        personal: makes a shared notification one user's own.
    """

    def __init__(self, decoder: Decoder, personal: Personal) -> None:
        self._decoder = decoder
        self._personal = personal
        self.prepare = decoder.prepare
        self.refused = 0
        self._opened: tuple[bytes, Message | Shared] | None = None  # the latest shared value, and what it says

    def records(self, raws: Iterable[Raw]) -> list[Record]:
        """In the same order."""
        made = []
        identify, open = self._decoder.identify, self._decoder.open
        for offset, key, value, _ in raws:
            if not value:
                record = None
            elif not key:
                record = self._shared(offset, value)
            else:
                id = identify(value)
                try:
                    record = Record(offset, key.decode(), "", id and record_id(key, id), value, open)
                except UnicodeDecodeError:
                    record = None
            if record is None:
                self.refused += 1
            else:
                made.append(record)
        return made

    def _shared(self, offset: int, value: bytes) -> Record | None:
        opened = self._open_shared(value)
        message = opened.message if isinstance(opened, Shared) else opened
        if message is None or not message.topic:
            return None
        personal = (lambda user: self._personal(user, opened)) if isinstance(opened, Shared) else None
        id = record_id(b"", message.id.encode())
        return Record(offset, "", message.topic, id, value, lambda user, value: message, personal)

    def _open_shared(self, value: bytes) -> Message | Shared | None:
        """Decoded once for all partitions: each has the same value, at about the same time."""
        if self._opened is not None and self._opened[0] == value:
            return self._opened[1]
        opened = self._decoder.open_shared(value)
        if opened is not None:  # what cannot be decoded is counted for each
            self._opened = value, opened
        return opened
