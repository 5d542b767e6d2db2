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
            return Record(offset, key.decode(), "", decoder.identify(value), value, decoder.open)
        except UnicodeDecodeError:
            self.refused += 1
            return None

    def _shared(self, offset: int, value: bytes) -> Record | None:
        message = self._decoder.open("", value)
        if message is None or not message.topic:
            self.refused += 1
            return None
        return Record(offset, "", message.topic, message.id.encode(), value, lambda user, value: message)
