"""Avro bytes → what clients see. A record is identified by a glance and decoded only for somebody who reads it."""

from collections.abc import Callable
from datetime import datetime
from time import sleep
from typing import Any

import orjson
import structlog
from tidings_schemas import framing
from tidings_schemas.codec import Codec
from tidings_schemas.errors import Permanent, TidingsError, Transient
from tidings_schemas.records import Notification, ReadState

from .core.record import Message

log = structlog.get_logger(__name__)

_EVENTS = {Notification.avro_name: "notification", ReadState.avro_name: "read-state"}
_FIRST_FIELD = {"name": "id", "type": "string"}
_WAIT_S = (0.2, 5.0)  # between tries while the registry does not answer


class Decoder:
    """Decodes values of `notifications`.

    Args:
        codec: knows the schemas.
        undecodable: called for each value that cannot be decoded.
    """

    def __init__(self, codec: Codec, undecodable: Callable[[], None]) -> None:
        self._codec = codec
        self._undecodable = undecodable
        self._begins_with_id: dict[bytes, bool] = {}  # by the five bytes of framing

    def prepare(self, value: bytes) -> None:
        """Learns the value's schema; waits for the registry as long as it takes. Call it off the event loop."""
        if value[: framing.SIZE] in self._begins_with_id:
            return
        pause = _WAIT_S[0]
        while True:
            try:
                self._learn(value)
                return
            except Transient as error:
                log.warning("waiting for the schema registry", error=str(error), seconds=pause)
                sleep(pause)
                pause = min(pause * 2, _WAIT_S[1])

    def identify(self, value: bytes) -> bytes | None:
        """The record's id, without decoding the rest; None when it cannot be decoded."""
        if not self._begins_with_id.get(value[: framing.SIZE]):
            return self._decoded_id(value)
        at, length, shift = framing.SIZE, 0, 0
        while at < len(value):  # Avro's zig-zag varint; a length is never negative
            byte = value[at]
            length |= (byte & 0x7F) << shift
            at, shift = at + 1, shift + 7
            if byte < 0x80:
                return value[at : at + (length >> 1)]
        return None

    def open(self, user: str, value: bytes) -> Message | None:
        """The message, if it can be decoded and is the user's (empty: for followers of its topic)."""
        try:
            name, record = self._codec.decode(value)
        except TidingsError as error:
            log.warning("a notification cannot be decoded", error=str(error))
            self._undecodable()
            return None
        event = _EVENTS.get(name)
        if event is None or record.get("user") != user:
            log.warning("a record in notifications is not what its key says", type=name)
            self._undecodable()
            return None
        return _message(event, user, record)

    def _decoded_id(self, value: bytes) -> bytes | None:
        try:
            return str(self._codec.decode(value)[1].get("id")).encode()
        except TidingsError:
            return None

    def _learn(self, value: bytes) -> None:
        prefix = value[: framing.SIZE]
        try:
            writer = self._codec.writer(framing.schema_id_of(value))
        except Permanent:
            self._begins_with_id[prefix] = False  # `open` says it for each value
            return
        first = writer.json["fields"][0]
        self._begins_with_id[prefix] = {key: first.get(key) for key in _FIRST_FIELD} == _FIRST_FIELD


def _message(event: str, user: str, record: dict[str, Any]) -> Message:
    if event == "read-state":
        del record["user"]
    expires: datetime | None = record.get("expires_at")
    return Message(
        event=event,
        id=record["id"],
        data=orjson.dumps(record, option=orjson.OPT_UTC_Z),
        user=user,
        topic=record.get("topic") or "",
        collapse_key=record.get("collapse_key"),
        priority=record.get("priority", "normal"),
        expires_at=expires.timestamp() if expires else None,
    )
