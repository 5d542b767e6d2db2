"""EventStreams' events become ours."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tidings_producers.core.stream_event import TYPE, NotAnEvent, stream_event
from tidings_schemas.catalogue import load
from tidings_schemas.codec import Codec, FixedSchemas
from tidings_schemas.event import Event

NOW = datetime(2026, 1, 1, tzinfo=UTC)
CHANGE = {
    "$schema": "/mediawiki/recentchange/1.0.0",
    "meta": {
        "stream": "mediawiki.recentchange",
        "id": "2cdec62f",
        "dt": "2022-07-12T17:54:15Z",
        "domain": "www.wikidata.org",
        "uri": "https://www.wikidata.org/wiki/Q2190037",
    },
    "type": "edit",
    "bot": True,
    "length": {"new": 8871, "old": 8871},
}


def _event(document: Any) -> Event:
    event = stream_event(json.dumps(document), "stream.example.org", "recentchange", NOW)
    assert event is not None
    return event


def test_meta_gives_the_attributes() -> None:
    """Id, time, subject and source."""
    event = _event(CHANGE)
    assert (event.id, event.subject) == ("2cdec62f", "https://www.wikidata.org/wiki/Q2190037")
    assert event.source == "/eventstreams/stream.example.org/mediawiki.recentchange"
    assert event.time == datetime(2022, 7, 12, 17, 54, 15, tzinfo=UTC)


def test_simple_fields_are_there_for_rules() -> None:
    """As texts; the whole is kept beside."""
    data = _event(CHANGE).data
    assert data["fields"] == {"type": "edit", "bot": "true"}
    assert json.loads(data["json"]) == CHANGE


def test_a_canary_is_no_event() -> None:
    """It only tests the service."""
    assert stream_event('{"meta":{"domain":"canary"}}', "s", "x", NOW) is None


def test_without_meta_the_same_text_is_the_same_event() -> None:
    """Its id is a hash."""
    assert _event({"a": 1}).id == _event({"a": 1}).id != _event({"a": 2}).id


@pytest.mark.parametrize("text", ["", "x", "[]", "1", "[" * 100_000])
def test_what_is_no_object_is_refused(text: str) -> None:
    """The stream goes on without it."""
    with pytest.raises(NotAnEvent):
        stream_event(text, "s", "x", NOW)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
names = st.sampled_from(["$schema", "meta", "id", "dt", "uri", "stream", "domain", "x"])


@example({"meta": {"stream": "\x1f"}})  # its source would have a control character
@example({"x": "\ud800", "meta": {"uri": "\ud800"}})  # half a pair, which no UTF-8 has
@given(st.dictionaries(names, json_values | st.dictionaries(names, json_values, max_size=4), max_size=5))
def test_whatever_a_service_sends_is_an_event_that_fits_its_schema(document: dict[str, Any]) -> None:
    """No foreign field breaks it."""
    event = stream_event(json.dumps(document), "s", "x", NOW)
    catalogue = load()
    if event is not None:
        assert Codec(catalogue, FixedSchemas(catalogue)).encode(TYPE, event.data)
