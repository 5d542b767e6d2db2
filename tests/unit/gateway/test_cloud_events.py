"""What `POST /v1/events` takes for an event, and what it says of the rest."""

import contextlib
import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from cloudevents.core.bindings.http import to_binary_event, to_structured_event
from cloudevents.core.v1.event import CloudEvent
from hypothesis import example, given
from hypothesis import strategies as st
from tidings_gateway.api.cloud_events import BATCH, MAX_BATCH, STRUCTURED, read_events
from tidings_gateway.api.problems import Problem
from tidings_schemas import Event
from tidings_schemas.catalogue import load
from tidings_schemas.cloudevents import headers_of
from tidings_schemas.from_json import JsonReader

READER = JsonReader(load())
TRACE = f"00-{'a' * 32}-{'b' * 16}-03"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
DATA = {"user": "passenger-1", "topic": None, "text": "Gate B12 is open", "sequence": 1, "sent_at_ns": 2}
EVENT: dict[str, Any] = {
    "specversion": "1.0",
    "id": "7f3c",
    "source": "/gates",
    "type": "tidings.demo.Message",
    "subject": "passenger-1",
    "time": "2013-01-10T08:15:00Z",
    "data": DATA,
}


def structured(**changes: Any) -> list[Event]:
    """The event with these changes, sent in structured mode; ... takes an attribute away."""
    document = {name: value for name, value in (EVENT | changes).items() if value is not ...}
    return read_events({"content-type": STRUCTURED}, json.dumps(document).encode(), READER, NOW)


def batch(*documents: Any) -> list[Event]:
    """These, sent as a batch."""
    return read_events({"content-type": BATCH + "; charset=utf-8"}, json.dumps(documents).encode(), READER, NOW)


def test_the_three_modes_bring_the_same_event() -> None:
    """Binary, structured and batch are three ways to write one event."""
    attributes = {name: value for name, value in EVENT.items() if name not in ("data", "time")}
    event = CloudEvent(attributes | {"time": datetime(2013, 1, 10, 8, 15, tzinfo=UTC)}, DATA)
    binary, whole = to_binary_event(event), to_structured_event(event)
    assert (
        read_events(binary.headers, binary.body, READER, NOW)
        == read_events(whole.headers, whole.body, READER, NOW)
        == batch(EVENT)
        == [Event("tidings.demo.Message", DATA, "7f3c", "/gates", "passenger-1", event.get_time() or NOW)]
    )


def test_attributes_in_headers_are_percent_decoded() -> None:
    """What a header cannot hold comes percent-encoded (HTTP binding §3.1.3.2)."""
    headers = {f"ce-{name}": str(value) for name, value in EVENT.items() if name != "data"}
    headers |= {"ce-subject": "passenger%20%C3%A9", "content-type": "application/json"}
    assert read_events(headers, json.dumps(DATA).encode(), READER, NOW)[0].subject == "passenger é"


def test_an_event_without_time_happened_now() -> None:
    """Time is optional in CloudEvents: what does not say it happened when it came."""
    assert structured(time=...)[0].time == NOW


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"id": ...}, "id"),
        ({"id": ""}, "id"),
        ({"id": 5}, "id"),
        ({"source": ...}, "source"),
        ({"type": ...}, "type"),
        ({"type": "tidings.demo.Nothing"}, "type"),
        ({"type": "tidings.Notification"}, "type"),
        ({"specversion": ...}, "specversion"),
        ({"specversion": "0.3"}, "specversion"),
        ({"subject": ...}, "subject"),
        ({"subject": "a\nb"}, "subject"),
        ({"subject": "s" * 513}, "subject"),
        ({"time": "yesterday"}, "time"),
        ({"time": "2013-01-10T08:15:00"}, "time"),
        ({"time": 5}, "time"),
        ({"data_base64": "AAAA"}, "data_base64"),
        ({"data": {**DATA, "user": 5}}, "user"),
        ({"data": {**DATA, "nonsense": 5}}, "nonsense"),
        ({"Bad_Extension": 1}, "Bad_Extension"),
    ],
)
def test_a_bad_event_is_refused_with_the_field_s_name(changes: dict[str, Any], field: str) -> None:
    """What does not fit is refused before anything is written, and the field is named."""
    with pytest.raises(Problem) as caught:
        structured(**changes)
    assert (caught.value.status, caught.value.faults[0]["field"]) == (422, field)


@pytest.mark.parametrize("document", [None, 5, "event", [EVENT]])
def test_what_is_no_object_is_no_event(document: Any) -> None:
    """An event is a JSON object."""
    with pytest.raises(Problem, match="object"):
        batch(document)


def test_a_batch_names_each_bad_event_by_its_index() -> None:
    """All faults of a batch come at once, each with the index of its event."""
    with pytest.raises(Problem) as caught:
        batch(EVENT, EVENT | {"id": ""}, EVENT, EVENT | {"type": "unknown.Type"})
    assert [(fault["index"], fault["field"]) for fault in caught.value.faults] == [(1, "id"), (3, "type")]


def test_too_many_events_are_refused() -> None:
    """A batch has a limit, so that one request cannot hold the gateway up."""
    with pytest.raises(Problem) as caught:
        batch(*[EVENT] * (MAX_BATCH + 1))
    assert caught.value.status == 413


@pytest.mark.parametrize("media_type", ["", "text/plain", "application/json", "application/avro"])
def test_what_does_not_say_that_it_is_a_cloud_event_is_refused(media_type: str) -> None:
    """A body without CloudEvents' media type or headers is refused with what to send instead."""
    with pytest.raises(Problem, match=re.escape(STRUCTURED)) as caught:
        read_events({"content-type": media_type}, json.dumps(EVENT).encode(), READER, NOW)
    assert caught.value.status == 415


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ("00-" + "a" * 32 + "-" + "b" * 16 + "-01", "00-" + "a" * 32 + "-" + "b" * 16 + "-01"),
        ("evil\r\n", None),
        ("", None),
    ],
)
def test_the_trace_goes_on_if_it_is_sound(sent: str, expected: str | None) -> None:
    """A request's traceparent becomes the event's, unless it is malformed."""
    headers = {"content-type": STRUCTURED, "traceparent": sent}
    assert read_events(headers, json.dumps(EVENT).encode(), READER, NOW)[0].traceparent == expected


@given(st.binary(max_size=200), st.sampled_from([STRUCTURED, BATCH]))
def test_any_bytes_are_refused_by_a_problem(body: bytes, media_type: str) -> None:
    """Whatever the body holds, the answer is a problem, never a failure of ours."""
    with pytest.raises(Problem):
        read_events({"content-type": media_type}, b"\xff" + body, READER, NOW)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@example({"time": "0001-01-01T00:00:00+14:00"})  # the year 0 in UTC
@given(st.dictionaries(st.sampled_from([*EVENT, "traceparent", "extension"]), JSON))
def test_any_attributes_are_read_or_refused_by_a_problem(changes: dict[str, Any]) -> None:
    """Whatever the attributes are, the event is read or a problem says why not."""
    with contextlib.suppress(Problem):
        (event,) = structured(**changes)
        assert headers_of(event)
