"""JSON lines → events: `{"type", "subject", "data", "id"?, "source"?, "time"?, "traceparent"?}`."""

import json
from collections.abc import Mapping
from typing import Any

from tidings_schemas.errors import InvalidEvent
from tidings_schemas.event import Event
from tidings_schemas.from_json import JsonReader


def event_of(line: str, reader: JsonReader, defaults: Mapping[str, Any]) -> Event:
    """The event that a line holds; attributes that it lacks come from `defaults`.

    Raises:
        InvalidEvent: the line is no JSON object, or an attribute or a field does not fit; `field` names it.
        UnknownEventType: no schema is known for its type.
    """
    try:
        document = json.loads(line)
    except ValueError as error:
        raise InvalidEvent(f"not JSON: {error}") from error
    if not isinstance(document, dict):
        raise InvalidEvent('not a JSON object such as {"type": …, "subject": …, "data": {…}}')
    return reader.event({**defaults, **document}, document.get("data"))
