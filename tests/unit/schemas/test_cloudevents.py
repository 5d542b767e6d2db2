"""CloudEvents' Kafka binding, held against the `cloudevents` package."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary, to_binary
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from hypothesis import given
from hypothesis import strategies as st
from tidings_schemas.cloudevents import CONTENT_TYPE, Envelope, envelope_of, headers_of, subject_of
from tidings_schemas.errors import InvalidEvent
from tidings_schemas.event import Event

NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=40)
TIMES = st.datetimes(
    datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.sampled_from([UTC, timezone(timedelta(hours=-5))])
)
EVENTS = st.builds(Event, type=NAMES, data=st.just({}), id=NAMES, source=NAMES, subject=NAMES, time=TIMES)
PLACE = {"topic": "events.x", "partition": 3, "offset": 7, "key": b"key", "timestamp_ms": 1357805700000}


@given(EVENTS)
def test_the_package_reads_our_headers(event: Event) -> None:
    """Others' CloudEvents libraries understand what is sent."""
    theirs = from_binary(KafkaMessage(dict(headers_of(event)), None, b""), JSONFormat())
    assert (theirs.get_id(), theirs.get_source(), theirs.get_type()) == (event.id, event.source, event.type)
    assert (theirs.get_subject(), theirs.get_time()) == (event.subject, event.time)
    assert theirs.get_datacontenttype() == CONTENT_TYPE.decode()


@given(EVENTS)
def test_we_read_the_packages_headers(event: Event) -> None:
    """What others' libraries send comes out as the same envelope."""
    attributes = {name: getattr(event, name) for name in ("id", "source", "type", "subject", "time")}
    message = to_binary(CloudEvent(attributes=attributes | {"specversion": "1.0"}, data=None), JSONFormat())
    envelope = envelope_of(message.headers.items(), **PLACE, record_type="R")
    assert envelope == Envelope(event.id, event.source, event.type, event.subject, event.time)


@given(EVENTS)
def test_our_headers_come_back(event: Event) -> None:
    """The envelope says what the event said."""
    envelope = envelope_of(headers_of(event), **PLACE, record_type="R")
    assert envelope == Envelope(event.id, event.source, event.type, event.subject, event.time)


def test_a_record_without_headers_is_an_event_too() -> None:
    """Its place gives it an id that is the same at each read."""
    envelope = envelope_of(None, **PLACE, record_type="shop.OrderPlaced")
    assert envelope == Envelope(
        "events.x:3:7", "kafka:events.x", "shop.OrderPlaced", "key", datetime(2013, 1, 10, 8, 15, tzinfo=UTC)
    )


@given(st.none() | st.binary(max_size=40) | st.text(max_size=600).map(str.encode))
def test_a_key_is_a_subject_only_if_an_event_could_have_it(key: bytes | None) -> None:
    """Others' keys may be any bytes: their events go on without a subject."""
    subject = envelope_of(None, **PLACE | {"key": key}, record_type="R").subject
    assert subject == subject_of(key)
    if subject:
        assert subject.encode() == key
        assert Event("t.T", {}, "1", "/s", subject, datetime(2013, 1, 10, tzinfo=UTC)).subject == subject


@pytest.mark.parametrize(
    ("key", "subject"),
    [
        ("Zürich 7".encode(), "Zürich 7"),
        (b"x" * 512, "x" * 512),
        (b"x" * 513, ""),
        (b"\x00\x00\x00\x00\x07\x0eorder-1", ""),  # Avro
        ((1545).to_bytes(4, "big"), ""),
        (bytes(range(200, 216)), ""),  # a UUID's bytes
        (b"", ""),
        (None, ""),
    ],
)
def test_what_subject_a_key_is(key: bytes | None, subject: str) -> None:
    """The same at each read."""
    assert subject_of(key) == subject


BEYOND = ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"]  # years 0 and 10000 in UTC


@pytest.mark.parametrize("time", [b"noon", b"2013-01-10T08:15:00", b"\xff", *map(str.encode, BEYOND)])
def test_a_time_that_is_none_is_the_records(time: bytes) -> None:
    """A producer's bad clock text does not cost the event."""
    envelope = envelope_of([("ce_time", time)], **PLACE, record_type="R")
    assert envelope.time == datetime(2013, 1, 10, 8, 15, tzinfo=UTC)


@pytest.mark.parametrize("stamp", [-1, 2**60, -(2**60)])
def test_a_record_of_no_time_at_all_is_no_event(stamp: int) -> None:
    """Kafka's -1 says that there is none; ms that are ns lead out of all years. With a time of its own it is one."""
    with pytest.raises(InvalidEvent, match=f"timestamp is {stamp} ms") as caught:
        envelope_of(None, **PLACE | {"timestamp_ms": stamp}, record_type="R")
    assert caught.value.field == "time"
    said = [("ce_time", b"2013-01-10T08:15:00Z")]
    assert envelope_of(said, **PLACE | {"timestamp_ms": stamp}, record_type="R").time.year == 2013


def test_trace_context_is_passed() -> None:
    """`traceparent` travels as W3C's own header."""
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    event = Event("t.T", {}, "1", "/s", "s", datetime(2013, 1, 10, tzinfo=UTC), traceparent=trace)
    assert dict(headers_of(event))["traceparent"] == trace.encode()
    assert envelope_of(headers_of(event), **PLACE, record_type="R").traceparent == trace


def test_a_naive_time_is_refused() -> None:
    """An event says in which zone its time is."""
    with pytest.raises(InvalidEvent, match="zone"):
        Event("t.T", {}, "1", "/s", "s", datetime(2013, 1, 10))


@pytest.mark.parametrize("time", BEYOND)
def test_a_time_that_utc_does_not_have_is_refused(time: str) -> None:
    """It could be written nowhere."""
    with pytest.raises(InvalidEvent, match="years 1 to 9999") as caught:
        Event("t.T", {}, "1", "/s", "s", datetime.fromisoformat(time))
    assert caught.value.field == "time"
