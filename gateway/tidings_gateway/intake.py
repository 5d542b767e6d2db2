"""Raw records of a source → records of a tail."""

from collections.abc import Iterable

from .core.record import Record, record_id
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
        self.refused = 0

    def prepare(self, value: bytes) -> None:
        """See `Decoder.prepare`."""
        self._decoder.prepare(value)

    def records(self, raws: Iterable[Raw]) -> list[Record]:
        """In the same order."""
        made = [self._record(raw) for raw in raws]
        return [record for record in made if record is not None]

    def _record(self, raw: Raw) -> Record | None:
        offset, key, value, _ = raw
        decoder = self._decoder
        if not value:
            self.refused += 1
            return None
        if not key:
            return self._shared(offset, value)
        try:
            id = decoder.identify(value)
            return Record(offset, key.decode(), "", id and record_id(key, id), value, decoder.open)
        except UnicodeDecodeError:
            self.refused += 1
            return None

    def _shared(self, offset: int, value: bytes) -> Record | None:
        opened = self._decoder.open_shared(value)
        message = opened.message if isinstance(opened, Shared) else opened
        if message is None or not message.topic:
            self.refused += 1
            return None
        personal = (lambda user: self._personal(user, opened)) if isinstance(opened, Shared) else None
        id = record_id(b"", message.id.encode())
        return Record(offset, "", message.topic, id, value, lambda user, value: message, personal)
