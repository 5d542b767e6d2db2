"""JSON lines → events."""

import json
from datetime import UTC, datetime

import pytest
from tidings_producers.core.json_lines import event_of
from tidings_schemas import catalogue
from tidings_schemas.errors import InvalidEvent, UnknownEventType
from tidings_schemas.from_json import JsonReader

READER = JsonReader(catalogue.load())
NOW = datetime(2013, 1, 10, 8, 15, tzinfo=UTC)
DEFAULTS = {"id": "random", "source": "/tidings/publish", "time": NOW}
LINE = {"type": "tidings.demo.Message", "subject": "ada", "data": {"text": "hi"}}


def test_what_a_line_lacks_comes_from_the_defaults() -> None:
    """Type, subject and data are enough."""
    event = event_of(json.dumps(LINE), READER, DEFAULTS)
    assert (event.id, event.source, event.time, event.data) == ("random", "/tidings/publish", NOW, {"text": "hi"})


def test_what_a_line_says_wins() -> None:
    """Its own id, source and time are kept."""
    own = {"id": "7", "source": "/mine", "time": "2013-01-11T00:00:00Z"}
    event = event_of(json.dumps(LINE | own), READER, DEFAULTS)
    assert (event.id, event.source, event.time) == ("7", "/mine", datetime(2013, 1, 11, tzinfo=UTC))


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ("{", ""),
        ("[]", ""),
        (json.dumps(LINE | {"data": {"text": 3}}), "text"),
        (json.dumps(LINE | {"data": None}), ""),
        (json.dumps({"type": LINE["type"], "data": {}}), "subject"),
        (json.dumps(LINE | {"time": "noon"}), "time"),
        ('{"type": "\udcff"}', "subject"),
    ],
)
def test_a_bad_line_is_told_with_its_field(line: str, field: str) -> None:
    """Whatever a line holds, the answer is one kind of error."""
    with pytest.raises(InvalidEvent) as caught:
        event_of(line, READER, DEFAULTS)
    assert caught.value.field == field


def test_an_unknown_type_is_told() -> None:
    """With the types that there are."""
    with pytest.raises(UnknownEventType, match=r"tidings\.demo\.Message"):
        event_of(json.dumps(LINE | {"type": "no.such.Type"}), READER, DEFAULTS)
