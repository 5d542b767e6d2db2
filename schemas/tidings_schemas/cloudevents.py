"""CloudEvents' Kafka binding, binary mode: an event's attributes as record headers.

Source: CloudEvents Kafka Protocol Binding v1.0.2, §3.2. Written by hand because it stands on the hot path of
every stage; `tests/unit/schemas` holds it against the `cloudevents` package.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple

from .errors import InvalidEvent
from .event import ATTRIBUTE_LIMIT, Event
from .fit_scalar import has_utc
from .stamps import moment

Headers = list[tuple[str, bytes]]
CONTENT_TYPE = b"application/avro"


class Envelope(NamedTuple):
    """What surrounds an event's data: known without decoding the value."""

    id: str
    source: str
    type: str
    subject: str
    time: datetime
    traceparent: str | None = None


def headers_of(event: Event) -> Headers:
    """The record headers that carry the event's attributes."""
    headers: Headers = [
        ("ce_specversion", b"1.0"),
        ("ce_id", event.id.encode()),
        ("ce_source", event.source.encode()),
        ("ce_type", event.type.encode()),
        ("ce_subject", event.subject.encode()),
        ("ce_time", event.time.astimezone(UTC).isoformat().encode()),
        ("content-type", CONTENT_TYPE),
    ]
    if event.traceparent:
        headers.append(("traceparent", event.traceparent.encode()))
    return headers


def envelope_of(
    headers: Iterable[tuple[str, bytes | None]] | None,
    *,
    topic: str,
    partition: int,
    offset: int,
    key: bytes | None,
    timestamp_ms: int,
    record_type: str,
) -> Envelope:
    """The envelope of a record, also of one whose producer knows nothing of CloudEvents.

    What a header does not say comes from where the record lies: id = topic:partition:offset (unique and the
    same at each read), source = the topic, type = the Avro record's name, subject = `subject_of` the key, time =
    the record's.

    Raises:
        InvalidEvent: neither a header nor the record's timestamp says a time of the years 1 to 9999.
    """
    said = dict(headers or ())
    return Envelope(
        _text(said.get("ce_id")) or f"{topic}:{partition}:{offset}",
        _text(said.get("ce_source")) or f"kafka:{topic}",
        _text(said.get("ce_type")) or record_type,
        _text(said.get("ce_subject")) or subject_of(key),
        _time(said.get("ce_time"), timestamp_ms),
        _text(said.get("traceparent")),
    )


def subject_of(key: bytes | None) -> str:
    """The subject of a record whose headers say none: its key, if that is text such as an event's own subject may be.

    Any other key, such as a number or Avro, names no subject: "". It must not cost the event.
    """
    try:
        text = key.decode() if key else ""
    except UnicodeDecodeError:
        return ""
    return text if len(text) <= ATTRIBUTE_LIMIT and text.isprintable() else ""


def _text(value: bytes | None) -> str | None:
    return value.decode(errors="replace") if value else None


def _time(value: bytes | None, timestamp_ms: int) -> datetime:
    try:
        time = datetime.fromisoformat(value.decode()) if value else None
    except ValueError:
        time = None
    if time is None or time.tzinfo is None or not has_utc(time):
        time = moment(timestamp_ms)
        if time is None:
            raise InvalidEvent(f"no time: ce_time says none, and the record's timestamp is {timestamp_ms} ms", "time")
    return time
