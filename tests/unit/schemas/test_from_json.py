"""Events from JSON."""

import base64
import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tidings_schemas import catalogue
from tidings_schemas.catalogue import Catalogue, Schema, schema_from_json
from tidings_schemas.codec import Codec, FixedSchemas
from tidings_schemas.errors import InvalidEvent, UnknownEventType
from tidings_schemas.from_json import JsonReader

from tests.avro_strategies import records

CATALOGUE = catalogue.load()
READER = JsonReader(CATALOGUE)
CODEC = Codec(CATALOGUE, FixedSchemas(CATALOGUE))
NOW = datetime(2013, 1, 10, 8, 15, tzinfo=UTC)
ATTRIBUTES = {"type": "tidings.demo.Message", "id": "1", "source": "/x", "subject": "s", "time": "2013-01-10T08:15:00Z"}


def _as_json(record: Any) -> Any:
    def other(value: Any) -> str:
        return base64.b64encode(value).decode() if isinstance(value, bytes) else value.isoformat()

    return json.loads(json.dumps(record, default=other))


def _read(field_type: Any, value: Any) -> Any:
    schema = schema_from_json({"type": "record", "name": "R", "fields": [{"name": "f", "type": field_type}]})
    return JsonReader(Catalogue([schema])).record("R", {"f": value})["f"]


@given(st.one_of([st.tuples(st.just(schema), records(schema)) for schema in CATALOGUE]))
def test_a_record_comes_back_from_its_json(pair: tuple[Schema, dict[str, Any]]) -> None:
    """JSON carries every shipped record without loss."""
    schema, record = pair
    assert READER.record(schema.name, _as_json(record)) == record


ANY_TEXT = st.text(st.characters(), max_size=5)  # with lone surrogates, which JSON may escape
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
)
ODD = [
    *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "9999-12-31T23:59:59.999999Z"),
    *(2**63, -(2**63), 10**400, 2**53 + 0.0, 1e300, "1e5", "NaN", "=", "\ud800"),
]


@given(st.sampled_from([schema.name for schema in CATALOGUE]), ANY_JSON)
def test_any_json_is_read_or_refused(name: str, data: Any) -> None:
    """Whatever is sent, the answer is InvalidEvent or a record that can be written and read."""
    _read_or_refused(name, data)


@given(st.one_of([st.tuples(st.just(schema), records(schema)) for schema in CATALOGUE]), st.data())
def test_any_value_of_a_field_is_read_or_refused(pair: tuple[Schema, dict[str, Any]], data: st.DataObject) -> None:
    """A record that is right but for one field."""
    schema, record = pair
    field = data.draw(st.sampled_from(sorted(record)))
    _read_or_refused(schema.name, _as_json(record) | {field: data.draw(ANY_JSON | st.sampled_from(ODD))})


def _read_or_refused(name: str, data: Any) -> None:
    try:
        record = READER.record(name, data)
    except InvalidEvent:
        return
    assert CODEC.decode(CODEC.encode(name, record))[0] == name


@pytest.mark.parametrize(
    ("field_type", "value", "expected"),
    [
        ({"type": "long", "logicalType": "timestamp-millis"}, "2013-01-10T03:15:00-05:00", NOW),
        ({"type": "long", "logicalType": "timestamp-millis"}, 1357805700000, 1357805700000),
        ("int", 30.0, 30),
        ("double", 30, 30),
        ("bytes", "AAH/", b"\x00\x01\xff"),
        ({"type": "fixed", "name": "F", "size": 3}, "AAH/", b"\x00\x01\xff"),
        ({"type": "bytes", "logicalType": "decimal", "precision": 5, "scale": 2}, "1.50", Decimal("1.50")),
        (["null", {"type": "long", "logicalType": "timestamp-millis"}], "2013-01-10T08:15:00Z", NOW),
        (["null", "string"], "2013-01-10T08:15:00Z", "2013-01-10T08:15:00Z"),
        (["null", {"type": "array", "items": "bytes"}], ["AAH/"], [b"\x00\x01\xff"]),
    ],
)
def test_json_types_become_avros(field_type: Any, value: Any, expected: Any) -> None:
    """Times, bytes, decimals and whole numbers arrive in the schema's own type."""
    read = _read(field_type, value)
    assert (type(read), read) == (type(expected), expected)


@pytest.mark.parametrize(
    ("field_type", "value"),
    [
        ("int", "30"),
        ("int", 30.5),
        ("int", True),
        ("string", 30),
        ("bytes", "not base64!"),
        ("bytes", "naïve"),
        ({"type": "long", "logicalType": "timestamp-millis"}, "2013-01-10T08:15:00"),
        ({"type": "long", "logicalType": "timestamp-millis"}, "tomorrow"),
        ({"type": "bytes", "logicalType": "decimal", "precision": 5, "scale": 2}, "NaN"),
        ({"type": "enum", "name": "E", "symbols": ["a"]}, "b"),
    ],
)
def test_what_would_lose_something_is_refused(field_type: Any, value: Any) -> None:
    """Nothing is guessed."""
    with pytest.raises(InvalidEvent) as caught:
        _read(field_type, value)
    assert caught.value.field == "f"


@pytest.mark.parametrize("depth", [500, 1_020])
def test_what_nests_deeply_is_refused_like_the_rest(depth: int) -> None:
    """A JSON parser takes as many levels, at which Python's `repr` gives up."""
    deep: Any = []
    for _ in range(depth):
        deep = [deep]
    with pytest.raises(InvalidEvent, match="text") as caught:
        READER.record("tidings.demo.Message", {"text": deep})
    assert len(str(caught.value)) < 200
    with pytest.raises(InvalidEvent, match="time"):
        READER.event(ATTRIBUTES | {"time": deep}, {"text": "hi"})


def test_optional_fields_may_be_missing() -> None:
    """Only fields without a default must be there."""
    assert READER.record("tidings.demo.Message", {"text": "hi"}) == {"text": "hi"}


def test_a_nested_fault_is_named_by_its_path() -> None:
    """Also behind a union with null."""
    preference = {"user": "ada", "updated_at": "2013-01-10T08:15:00Z"}
    with pytest.raises(InvalidEvent) as caught:
        READER.record("tidings.Preference", preference | {"quiet_hours": {"start_minute": "late", "end_minute": 1}})
    assert caught.value.field == "quiet_hours.start_minute"


def test_an_event_is_built_and_foreign_attributes_are_left_out() -> None:
    """CloudEvents' own attributes beyond an event's do no harm."""
    event = READER.event(ATTRIBUTES | {"specversion": "1.0", "custom": "x", "traceparent": None}, {"text": "hi"})
    assert (event.time, event.subject, event.data) == (NOW, "s", {"text": "hi"})


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"id": None}, "id"),
        ({"subject": ""}, "subject"),
        ({"source": 7}, "source"),
        ({"type": 7}, "type"),
        ({"time": "noon"}, "time"),
        ({"time": "2013-01-10T08:15:00"}, "time"),
        ({"id": "a\nb"}, "id"),
        ({"source": "x" * 600}, "source"),
    ],
)
def test_a_bad_attribute_is_named(change: dict[str, Any], field: str) -> None:
    """Each attribute's fault has its own words."""
    with pytest.raises(InvalidEvent) as caught:
        READER.event(ATTRIBUTES | change, {"text": "hi"})
    assert caught.value.field == field


def test_an_unknown_type_is_told() -> None:
    """A type without a schema is not taken."""
    with pytest.raises(UnknownEventType):
        READER.event(ATTRIBUTES | {"type": "no.such.Type"}, {})
