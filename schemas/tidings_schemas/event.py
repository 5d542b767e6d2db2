"""A domain event, as producers make it and processors read it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .errors import InvalidEvent
from .fit_scalar import has_utc

#: Characters; an id, source, type or subject beyond this is a mistake, not a name.
ATTRIBUTE_LIMIT = 512


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened: a CloudEvent (v1.0.2) whose data is an Avro record.

    Attributes:
        type: the Avro record's full name, such as `tidings.flights.FlightDelayed`; also `ce_type`.
        data: the record's fields.
        id: unique with `source`; the same id again is the same event.
        source: who says so, a URI reference such as `/flights/nyc`.
        subject: what it is about; the Kafka key, so that events about one subject keep their order.
        time: when it happened, aware, within the years 1 to 9999 in UTC.
        traceparent: W3C trace context, if the producer has one.

    Raises:
        InvalidEvent: an attribute is empty, too long, has control characters, or is no such time; `field` names it.
    """

    type: str
    data: Mapping[str, Any] = field(hash=False)
    id: str
    source: str
    subject: str
    time: datetime
    traceparent: str | None = None

    def __post_init__(self) -> None:
        for name in ("type", "id", "source", "subject"):
            value = getattr(self, name)
            if not isinstance(value, str) or not value:
                raise InvalidEvent(f"{name} must be a non-empty string", name)
            if len(value) > ATTRIBUTE_LIMIT:
                raise InvalidEvent(f"{name} has {len(value)} characters, at most {ATTRIBUTE_LIMIT} are allowed", name)
            if not value.isprintable():
                raise InvalidEvent(f"{name} must not hold control characters", name)
        if self.time.tzinfo is None:
            raise InvalidEvent("time must be aware (say which zone)", "time")
        if not has_utc(self.time):
            raise InvalidEvent(f"time {self.time.isoformat()} lies outside the years 1 to 9999 in UTC", "time")
