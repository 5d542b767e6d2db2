"""Fifteen kinds of bad records, as they come from the outside: each must end as a dead letter, and harm nobody else.

What is bad about each, and by which error it is known: `KINDS`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from tidings_schemas import Event
from tidings_schemas.cloudevents import headers_of
from tidings_schemas.codec import Codec

Headers = list[tuple[str, bytes | None]]

_TYPE = "tidings.demo.Message"
_OTHER = "tidings.flights.FlightDelayed"
_UNKNOWN_ID = b"\x00\x7f\xff\xff\xff"
_AT = datetime(2013, 1, 10, 15, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Bad:
    """A bad record. `error`: the class that its dead letter names."""

    kind: str
    value: bytes | None
    headers: Headers
    error: str

    @property
    def digest(self) -> str:
        """Of its bytes; empty when it has none."""
        return digest_of(self.value)


def digest_of(value: bytes | None) -> str:
    """SHA-256 in hexadecimal; empty for no bytes."""
    return sha256(value).hexdigest() if value else ""


class Poison:
    """Makes bad records.

    Args:
        codec: encodes the good ones that are spoilt.
    """

    def __init__(self, codec: Codec) -> None:
        data = {"user": "nobody", "topic": None, "text": "spoilt", "sequence": 0, "sent_at_ns": 0}
        self._event = Event(_TYPE, data, "spoilt", "/chaos", "nobody", _AT)
        self._fits = codec.encode(_TYPE, data)
        self._flight = codec.encode(_OTHER, _flight())

    def all(self) -> list[Bad]:
        """One of each kind."""
        headers = headers_of(self._event)
        return [
            Bad(kind, spoil(self._fits, self._flight), _headers(kind, headers), error)
            for kind, (spoil, error) in KINDS.items()
        ]


Spoil = Callable[[bytes, bytes], bytes | None]  # a good value, and a good one of another type → a bad one

KINDS: Mapping[str, tuple[Spoil, str]] = {
    "tombstone": (lambda fits, other: None, "UndecodableValue"),
    "empty value": (lambda fits, other: b"", "UndecodableValue"),
    "not framed": (lambda fits, other: b'{"user": "ann"}', "UndecodableValue"),
    "another magic byte": (lambda fits, other: b"\x01" + fits[1:], "UndecodableValue"),
    "framing alone": (lambda fits, other: fits[:5], "UndecodableValue"),
    "cut short": (lambda fits, other: fits[:-4], "UndecodableValue"),
    "bytes left over": (lambda fits, other: fits + b"x", "UndecodableValue"),
    "endless number": (lambda fits, other: fits[:5] + b"\xff" * 12, "UndecodableValue"),
    "no such branch of a union": (lambda fits, other: fits[:5] + b"\x0e" + fits[6:], "UndecodableValue"),
    "a text of two gigabytes": (lambda fits, other: fits[:5] + b"\x02\xfe\xff\xff\xff\x0f", "UndecodableValue"),
    "a text that is not UTF-8": (lambda fits, other: fits[:5] + b"\x02\x04\xff\xfe" + fits[13:], "UndecodableValue"),
    "no such schema id": (lambda fits, other: _UNKNOWN_ID + fits[5:], "UnknownSchemaId"),
    "another type than its header says": (lambda fits, other: other, "InvalidEvent"),
    "too large": (lambda fits, other: fits + b"x" * 300_000, "OversizeValue"),
    "control characters in its id": (lambda fits, other: fits, "InvalidEvent"),
}


def _headers(kind: str, good: list[tuple[str, bytes]]) -> Headers:
    if kind != "control characters in its id":
        return list(good)
    return [(name, b"spoilt\x00\n" if name == "ce_id" else value) for name, value in good]


def _flight() -> dict[str, object]:
    return {
        "flight": "UA1545",
        "carrier": "UA",
        "number": 1545,
        "origin": "EWR",
        "destination": "IAH",
        "scheduled_departure": _AT,
        "delay_minutes": 45,
        "estimated_departure": _AT,
    }
