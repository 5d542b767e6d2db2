"""Avro bytes → what clients see. A record is identified by a glance and decoded only for somebody who reads it."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from time import sleep
from typing import Any

import orjson
import structlog
from tidings_schemas import framing
from tidings_schemas.codec import Codec, alike
from tidings_schemas.errors import Permanent, TidingsError, Transient
from tidings_schemas.records import Notification, ReadState, SharedNotification

from . import frames
from .core.record import Message, Record
from .core.shared import Shared
from .native.program import Unsupported, program
from .native.transcoder import MOST, Transcoder

log = structlog.get_logger(__name__)

_EVENTS = {Notification.avro_name: "notification", ReadState.avro_name: "read-state"}
_FIRST_FIELD = {"name": "id", "type": "string"}
_WAIT_S = (0.2, 5.0)  # between tries while the registry does not answer


class Decoder:
    """Decodes values of `notifications`.

    Args:
        codec: knows the schemas.
        undecodable: called for each value that cannot be decoded.
        transcoder: makes frames of values in C; None: Python does it all.
    """

    def __init__(self, codec: Codec, undecodable: Callable[[], None], transcoder: Transcoder | None = None) -> None:
        self._codec = codec
        self._undecodable = undecodable
        self._begins_with_id: dict[bytes, bool] = {}  # by the five bytes of framing
        self._transcoder = transcoder
        self._program: tuple[bytes, bytes] | None = None  # what the transcoder knows: framing, program

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
        if len(value) > at and value[at] < 0x80:  # nearly always: an id of less than 64 bytes
            return value[at + 1 : at + 1 + (value[at] >> 1)]
        while at < len(value):  # Avro's zig-zag varint; a length is never negative
            byte = value[at]
            length |= (byte & 0x7F) << shift
            at, shift = at + 1, shift + 7
            if byte < 0x80:
                return value[at : at + (length >> 1)]
        return None

    def frame(self, position: bytes, records: Sequence[Record]) -> None:
        """Frames what C can, many at a time; what it leaves is opened by Python when somebody asks. See `Frame`."""
        if self._transcoder is None or self._program is None:
            return
        prefix, code = self._program
        for begin in range(0, len(records), MOST):
            some = [record for record in records[begin : begin + MOST] if record.id is not None]
            values, owners = [record.value for record in some], [record.id or b"" for record in some]
            offsets = [record.offset for record in some]
            made = self._transcoder.frames(code, prefix, position, values, owners, offsets)
            for record, (frame, expires) in zip(some, made, strict=True):
                if frame:
                    record.framed(frame, expires / 10**6 if expires >= 0 else None, _reopened)

    def open(self, user: str, value: bytes) -> Message | None:
        """The message, if it can be decoded and is the user's (empty: for followers of its topic)."""
        decoded = self._decoded(value)
        return None if decoded is None else self._opened(user, *decoded)

    def open_shared(self, value: bytes) -> Message | Shared | None:
        """A record without a key: a shared notification, or one that all followers of its topic get as it is."""
        decoded = self._decoded(value)
        if decoded is None:
            return None
        name, record = decoded
        return Shared(record) if name == SharedNotification.avro_name else self._opened("", name, record)

    def _decoded(self, value: bytes) -> tuple[str, dict[str, Any]] | None:
        try:
            return self._codec.decode(value)
        except TidingsError as error:
            log.warning("a notification cannot be decoded", error=str(error))
            self._undecodable()
            return None

    def _opened(self, user: str, name: str, record: dict[str, Any]) -> Message | None:
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
        catalogue = self._codec.catalogue
        if writer.name == Notification.avro_name and alike(writer, catalogue[writer.name]):
            with suppress(Unsupported):
                self._program = prefix, program(writer.parsed)


def _reopened(user: str, frame: bytes) -> Message:
    """The message that a frame was made of."""
    event, _, data = next(frames.parse(frame))
    record = orjson.loads(data)
    expires = record["expires_at"]
    return Message(
        event=event,
        id=record["id"],
        data=data,
        user=user,
        topic=record["topic"] or "",
        collapse_key=record["collapse_key"],
        priority=record["priority"],
        expires_at=datetime.fromisoformat(expires).timestamp() if expires else None,
        told=f"{record['event_id']}\n{record['rule']}",
    )


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
        told=f"{record['event_id']}\n{record['rule']}" if event == "notification" else "",
    )
