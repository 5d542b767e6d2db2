"""Events as records."""

from datetime import UTC, datetime

import pytest
from tidings_schemas import catalogue
from tidings_schemas.cloudevents import headers_of
from tidings_schemas.codec import Codec, FixedSchemas
from tidings_schemas.errors import InvalidEvent, OversizeValue, UnknownEventType
from tidings_schemas.event import Event
from tidings_schemas.outgoing import Outbox

CATALOGUE = catalogue.load()
CODEC = Codec(CATALOGUE, FixedSchemas(CATALOGUE))


def _event(text: str = "hi", kind: str = "tidings.demo.Message") -> Event:
    return Event(kind, {"text": text}, "1", "/x", "ada", datetime(2013, 1, 10, tzinfo=UTC))


def test_topic_key_and_headers_follow_from_the_event() -> None:
    """Domain → topic, subject → key, attributes → headers, data → value."""
    record = Outbox(CODEC, 1000).record_of(_event())
    assert (record.topic, record.key, record.headers) == ("events.demo", b"ada", headers_of(_event()))
    assert CODEC.decode(record.value)[1]["text"] == "hi"


def test_the_limit_is_the_values_bytes() -> None:
    """The largest that is allowed passes; one byte more does not."""
    size = len(Outbox(CODEC, 10**6).record_of(_event("x" * 500)).value)
    assert Outbox(CODEC, size).record_of(_event("x" * 500))
    with pytest.raises(OversizeValue, match=rf"{size} bytes, {size - 1} are allowed"):
        Outbox(CODEC, size - 1).record_of(_event("x" * 500))


def test_a_type_that_names_no_topic_is_refused() -> None:
    """Before anything else is looked at."""
    with pytest.raises(InvalidEvent, match="no domain") as caught:
        Outbox(CODEC, 1000).record_of(_event(kind="tidings.de mo.Message"))
    assert caught.value.field == "type"


def test_an_unknown_type_is_refused() -> None:
    """Nothing is sent without a schema."""
    with pytest.raises(UnknownEventType):
        Outbox(CODEC, 1000).record_of(_event(kind="tidings.demo.Massage"))
