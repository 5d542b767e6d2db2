"""Bytes ↔ records."""

from io import BytesIO
from typing import Any

import avro.io
import avro.schema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tidings_schemas import catalogue, framing
from tidings_schemas.catalogue import Catalogue, Schema, schema_from_json
from tidings_schemas.codec import Codec, FixedSchemas, alike
from tidings_schemas.errors import InvalidEvent, UndecodableValue, UnknownEventType, UnknownSchemaId

from tests.avro_strategies import records

CATALOGUE = catalogue.load()
SCHEMAS = FixedSchemas(CATALOGUE)
CODEC = Codec(CATALOGUE, SCHEMAS)
# Maps have no order of their own, so two right encoders may differ in bytes: compared by reading them.
PLAIN = [schema for schema in CATALOGUE if '"map"' not in schema.text]
anything = st.one_of([st.tuples(st.just(schema), records(schema)) for schema in CATALOGUE])
in_one_order = st.one_of([st.tuples(st.just(schema), records(schema)) for schema in PLAIN])


def _by_avro(schema: Schema, record: dict[str, Any]) -> bytes:
    buffer = BytesIO()
    avro.io.DatumWriter(avro.schema.parse(schema.text)).write(record, avro.io.BinaryEncoder(buffer))
    return buffer.getvalue()


@given(anything)
def test_what_is_encoded_comes_back(pair: tuple[Schema, dict[str, Any]]) -> None:
    """Decoding undoes encoding, for every shipped schema."""
    schema, record = pair
    assert CODEC.decode(CODEC.encode(schema.name, record)) == (schema.name, record)


@given(in_one_order)
def test_the_bytes_are_avros(pair: tuple[Schema, dict[str, Any]]) -> None:
    """The reference implementation writes the same bytes."""
    schema, record = pair
    assert CODEC.encode(schema.name, record)[framing.SIZE :] == _by_avro(schema, record)


@given(anything)
def test_avros_bytes_are_read(pair: tuple[Schema, dict[str, Any]]) -> None:
    """What the reference implementation wrote is decoded."""
    schema, record = pair
    value = framing.prefix(SCHEMAS.id_of(schema)) + _by_avro(schema, record)
    assert CODEC.decode(value) == (schema.name, record)


@given(anything, st.data())
def test_a_cut_value_is_undecodable(pair: tuple[Schema, dict[str, Any]], data: st.DataObject) -> None:
    """A value that lost its end never comes out as a record."""
    schema, record = pair
    value = CODEC.encode(schema.name, record)
    with pytest.raises(UndecodableValue):
        CODEC.decode(value[: data.draw(st.integers(0, len(value) - 1))])


@given(st.integers(1, len(list(CATALOGUE))), st.binary(max_size=60))
def test_noise_is_refused_in_one_way(schema_id: int, noise: bytes) -> None:
    """Any bytes behind a known id either are a record or raise UndecodableValue, nothing else."""
    try:
        name, record = CODEC.decode(framing.prefix(schema_id) + noise)
    except UndecodableValue:
        return
    assert set(record) == CATALOGUE[name].fields


def test_bytes_left_over_are_undecodable() -> None:
    """A record with a tail is of another schema than it says."""
    value = CODEC.encode("tidings.demo.Message", {"text": "hi"})
    with pytest.raises(UndecodableValue, match="3 bytes left over"):
        CODEC.decode(value + b"abc")


def test_an_unknown_id_is_permanent() -> None:
    """A wrong schema id is told as such."""
    with pytest.raises(UnknownSchemaId, match="999"):
        CODEC.decode(framing.prefix(999) + b"\x00")


def test_an_unknown_type_is_refused() -> None:
    """Nothing is written under a name that no schema has."""
    with pytest.raises(UnknownEventType, match="nobody"):
        CODEC.encode("nobody.knows", {})


def test_old_bytes_come_out_in_todays_shape() -> None:
    """A field that was added since has its default."""
    old = schema_from_json({"type": "record", "name": "R", "fields": [{"name": "a", "type": "int"}]})
    new = schema_from_json(
        {
            "type": "record",
            "name": "R",
            "fields": [{"name": "a", "type": "long"}, {"name": "b", "type": "string", "default": "new"}],
        }
    )
    value = Codec(Catalogue([old]), FixedSchemas(Catalogue([old]))).encode("R", {"a": 7})
    assert Codec(Catalogue([new]), FixedSchemas(Catalogue([old]))).decode(value) == ("R", {"a": 7, "b": "new"})


def test_a_schema_that_only_the_writer_has_is_read_as_written() -> None:
    """Topics of others need no schema here."""
    theirs = schema_from_json({"type": "record", "name": "R", "fields": [{"name": "a", "type": "int"}]})
    writer = Catalogue([theirs])
    value = Codec(writer, FixedSchemas(writer)).encode("R", {"a": 7})
    assert Codec(Catalogue([]), FixedSchemas(writer)).decode(value) == ("R", {"a": 7})


@pytest.mark.parametrize(
    ("record", "field"),
    [
        ({}, "text"),
        ({"text": 3}, "text"),
        ({"text": "\ud800"}, "text"),
        ({"text": "hi", "txet": "oh"}, "txet"),
        ({"text": "hi", "sequence": True}, "sequence"),
        ({"text": "hi", "user": 7}, "user"),
    ],
)
def test_what_does_not_fit_names_its_field(record: dict[str, Any], field: str) -> None:
    """The producer learns which field to mend."""
    with pytest.raises(InvalidEvent, match=field) as caught:
        CODEC.encode("tidings.demo.Message", record)
    assert caught.value.field == field
    with pytest.raises(InvalidEvent):
        CODEC.encode("tidings.demo.Message", record)  # and again: a refusal leaves nothing behind


def test_a_nested_field_is_named_by_its_path() -> None:
    """The path leads through records and arrays."""
    letter = {"topic": "t", "partition": 0, "offset": 0, "value_size": 0, "stage": "match", "error_class": "E"}
    bad = letter | {"error_text": "", "at": 0, "headers": [{"name": "a"}, {"name": b"b"}]}
    with pytest.raises(InvalidEvent) as caught:
        CODEC.encode("tidings.DeadLetter", bad)
    assert caught.value.field == "headers[1].name"


def test_a_schema_with_its_names_spelt_out_is_the_same_schema() -> None:
    """Registries give it back in a form of their own, and what is alike is read the quick way."""
    inner = {"type": "enum", "name": "Level", "symbols": ["low", "high"]}
    short = {"type": "record", "name": "Alarm", "namespace": "here", "fields": [{"name": "level", "type": inner}]}
    long = {
        "type": "record",
        "name": "here.Alarm",
        "fields": [{"name": "level", "type": inner | {"namespace": "here"}}],
    }
    other = {
        "type": "record",
        "name": "here.Alarm",
        "fields": [{"name": "level", "type": inner | {"symbols": ["low"]}}],
    }
    assert alike(schema_from_json(short), schema_from_json(long))
    assert not alike(schema_from_json(short), schema_from_json(other))
