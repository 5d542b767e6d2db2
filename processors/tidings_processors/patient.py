"""Decoding in a thread that may wait for the schema registry as long as that takes."""

import threading
from typing import Any

import structlog
from tidings_schemas.codec import Codec
from tidings_schemas.errors import Permanent, Transient

log = structlog.get_logger(__name__)

_RETRY_S = 1.0


class PatientCodec:
    """A codec for one kind of record, which waits until the registry answers.

    Args:
        codec: decodes; best without times.
        name: the record's full name.
    """

    def __init__(self, codec: Codec, name: str) -> None:
        self._codec = codec
        self._name = name
        self._closed = threading.Event()

    def close(self) -> None:
        """Lets nobody wait any longer."""
        self._closed.set()

    def fields_of(self, value: bytes) -> dict[str, Any] | None:
        """The record's fields; None if it cannot be read, is another kind's, or somebody closed this meanwhile."""
        while not self._closed.is_set():
            try:
                name, fields = self._codec.decode(value)
                return fields if name == self._name else None
            except Permanent:
                return None
            except Transient as error:
                log.warning("waiting for the schema registry", record=self._name, error=str(error))
                self._closed.wait(_RETRY_S)
        return None
