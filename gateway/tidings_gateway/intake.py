"""Raw records of a source → records of a tail."""

from collections.abc import Iterable

from .core.record import Record
from .decoder import Decoder
from .sources.base import Raw


class Intake:
    """Makes records; what is no notification at all (a tombstone, a key that is not text) is left out and counted."""

    def __init__(self, decoder: Decoder) -> None:
        self._decoder = decoder
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
            return Record(offset, key.decode(), "", _id(key, decoder.identify(value)), value, decoder.open)
        except UnicodeDecodeError:
            self.refused += 1
            return None

    def _shared(self, offset: int, value: bytes) -> Record | None:
        message = self._decoder.open("", value)
        if message is None or not message.topic:
            self.refused += 1
            return None
        id = _id(b"", message.id.encode())
        return Record(offset, "", message.topic, id, value, lambda user, value: message)


def _id(key: bytes, id: bytes | None) -> bytes | None:
    """Of one user: what is written under a wrong key must not pass for the right one's."""
    return None if id is None else key + b"\0" + id
