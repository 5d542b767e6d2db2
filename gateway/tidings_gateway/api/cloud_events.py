"""HTTP request → events, in each of the three modes of the CloudEvents HTTP binding (v1.0.2, §3). Pure."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

import orjson
from cloudevents.core.base import BaseCloudEvent
from cloudevents.core.bindings import http
from cloudevents.core.exceptions import CloudEventValidationError
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from tidings_schemas import Event
from tidings_schemas.errors import InvalidEvent, UnknownEventType
from tidings_schemas.from_json import JsonReader
from tidings_schemas.records import AvroRecord

from .problems import Fault, Problem

STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
MAX_BATCH = 1000

_REQUIRED = ("id", "source", "type", "specversion", "subject")
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")  # W3C Trace Context §3.2
_OURS = frozenset(record.avro_name for record in AvroRecord.__subclasses__())

Attributes = dict[str, Any]
_Reader = Callable[[], tuple[Attributes, Any]]


def read_events(headers: Mapping[str, str], body: bytes, reader: JsonReader, now: datetime) -> list[Event]:
    """The events of a request.

    Args:
        headers: by lower-case name.
        reader: knows the types' schemas.
        now: the time of events that do not say theirs.

    Raises:
        Problem: 415, not a CloudEvent; 422, `errors` names each bad event's index and field; 413, too many.
    """
    events, faults = [], []
    for index, read in enumerate(_readers(headers, body)):
        try:
            attributes, data = read()
            events.append(_event(attributes, data, reader, headers.get("traceparent"), now))
        except InvalidEvent as error:
            faults.append(Fault(index=index, field=error.field, detail=str(error)))
        except UnknownEventType as error:
            faults.append(Fault(index=index, field="type", detail=str(error)))
    if faults:
        raise _refused(faults)
    return events


def _readers(headers: Mapping[str, str], body: bytes) -> list[_Reader]:
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type == BATCH:
        return [partial(_from_object, document) for document in _batch(body)]
    if media_type == STRUCTURED:
        return [partial(_from_object, _json(body))]
    if "ce-specversion" in headers and media_type in ("application/json", ""):
        return [partial(_from_headers, headers, body)]
    detail = f"Send a CloudEvent: {STRUCTURED}, {BATCH}, or ce- headers with a body of application/json."
    raise Problem(415, "no-cloud-event", detail)


def _event(attributes: Attributes, data: Any, reader: JsonReader, traceparent: str | None, now: datetime) -> Event:
    if attributes["type"] in _OURS:
        raise InvalidEvent(f"{attributes['type']} is a record of Tidings' own, not an event", "type")
    trace = _trace(attributes.get("traceparent")) or _trace(traceparent)
    time = attributes.get("time") or now
    return reader.event(attributes | {"time": time, "traceparent": trace}, data)


def _from_object(document: Any) -> tuple[Attributes, Any]:
    if not isinstance(document, dict):
        raise InvalidEvent("an event must be a JSON object")
    if "data_base64" in document:
        raise InvalidEvent("data must be JSON, not base64: it is checked against the type's schema", "data_base64")
    attributes = {name: value for name, value in document.items() if name != "data"}
    time = attributes.pop("time", None)
    _require(attributes)
    return _checked(lambda: CloudEvent(attributes)) | {"time": time}, document.get("data")


def _from_headers(headers: Mapping[str, str], body: bytes) -> tuple[Attributes, Any]:
    ours = {name: value for name, value in headers.items() if name.startswith("ce-")}
    time = ours.pop("ce-time", None)
    _require(name.removeprefix("ce-") for name in ours)
    message = http.HTTPMessage(headers=ours, body=b"")
    return _checked(lambda: http.from_binary(message, JSONFormat(), CloudEvent)) | {"time": time}, _json(body)


def _require(names: Iterable[str]) -> None:
    missing = sorted(set(_REQUIRED) - set(names))
    if "subject" in missing[:1]:
        raise InvalidEvent(
            "the attribute 'subject' is missing: it is the Kafka key that keeps events in order", "subject"
        )
    if missing:  # the package would make up an id, and a retry would become a second event
        raise InvalidEvent(f"the attribute {missing[0]!r} is missing", missing[0])


def _checked(make: Callable[[], BaseCloudEvent]) -> Attributes:
    try:
        return dict(make().get_attributes())
    except CloudEventValidationError as error:
        name, causes = next(iter(error.errors.items()))
        raise InvalidEvent(str(causes[0]), name) from error


def _batch(body: bytes) -> list[Any]:
    documents = _json(body)
    if not isinstance(documents, list):
        raise Problem(422, "invalid-events", f"The body of {BATCH} must be a JSON array of events.")
    if len(documents) > MAX_BATCH:
        raise Problem(413, "too-many-events", f"{len(documents)} events came, at most {MAX_BATCH} fit in one request.")
    return documents


def _json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise _refused([Fault(index=0, field="data", detail=f"the body is no JSON: {error}")]) from error


def _refused(faults: list[Fault]) -> Problem:
    first = faults[0]
    detail = f"Nothing was written. Event {first['index']}: {first['detail']}"
    return Problem(422, "invalid-events", detail, faults=faults)


def _trace(value: Any) -> str | None:
    return value if isinstance(value, str) and _TRACEPARENT.fullmatch(value) else None
