"""An event of an EventStreams service → our event. Pure."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from tidings_schemas.event import Event

TYPE = "tidings.eventstreams.StreamEvent"
_FIELD, _TEXT = 64, 1000  # fields that are kept, and characters of each
_ATTRIBUTE = 512  # characters that an event's attribute may have


class NotAnEvent(ValueError):
    """The data is no JSON object."""


def stream_event(data: str, service: str, stream: str, now: datetime) -> Event | None:
    """Our event of one `data:` text; None for what only tests the service (Wikimedia's canary events).

    Its id is that of `meta.id`, else a hash of the text, so that the same event is the same at each run.

    Args:
        service: name of the service, such as `stream.wikimedia.org`. stream: which stream was asked for.
        now: for events that name no time.

    Raises:
        NotAnEvent: see there.
    """
    document = _object(data)
    given = document.get("meta")
    meta: Mapping[str, Any] = given if isinstance(given, dict) else {}
    if meta.get("domain") == "canary":
        return None
    name, uri = _printable(meta.get("stream")) or stream, _text(meta.get("uri"))
    time = _time(meta.get("dt")) or now
    return Event(
        type=TYPE,
        data={
            "stream": name,
            "schema": _text(document.get("$schema")),
            "domain": _text(meta.get("domain")),
            "uri": uri,
            "happened_at": time,
            "fields": _fields(document),
            "json": data,
        },
        id=_printable(meta.get("id")) or hashlib.sha256(data.encode()).hexdigest()[:32],
        source=f"/eventstreams/{service}/{name}"[:_ATTRIBUTE],
        subject=_printable(uri) or name,
        time=time,
    )


def _object(data: str) -> dict[str, Any]:
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise NotAnEvent("the data is no JSON") from error
    if not isinstance(document, dict):
        raise NotAnEvent("the data is no JSON object")
    return document


def _fields(document: Mapping[str, Any]) -> dict[str, str]:
    simple = (
        (name, value) for name, value in document.items() if isinstance(value, str | int | float) and name[:1] != "$"
    )
    texts = ((name, json.dumps(value) if isinstance(value, bool) else str(value)) for name, value in simple)
    return {_text(name): _text(text)[:_TEXT] for name, text in islice(texts, _FIELD)}


def _text(value: object) -> str:
    """A text as UTF-8 has it; half a surrogate pair, which JSON may escape, becomes `?`."""
    return value.encode(errors="replace").decode() if isinstance(value, str) else ""


def _printable(value: object) -> str:
    """A text that may be an event's id or subject; empty if it may not."""
    text = _text(value)[:_ATTRIBUTE]
    return text if text.isprintable() else ""


def _time(value: object) -> datetime | None:
    try:
        time = datetime.fromisoformat(_text(value))
    except ValueError:
        return None
    return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
