"""Runs → segments: the columnar decoder against fastavro, and what is set aside."""

from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tidings_replay.core.decode import TEXT, TOMBSTONE, Decoder
from tidings_replay.core.fast import FastDecoder, Unsuited
from tidings_schemas import framing
from tidings_schemas.catalogue import Catalogue, Schema, schema_from_json

from tests.unit.replay.builders import CATALOGUE, Versions, cancelled, decoder, message, run, value

INNER = {"type": "record", "name": "Inner", "fields": [{"name": "n", "type": "int"}, {"name": "s", "type": "string"}]}
WIDE: dict[str, Any] = {
    "type": "record",
    "name": "Wide",
    "namespace": "test",
    "fields": [
        {"name": "b", "type": "boolean"},
        {"name": "i", "type": "int"},
        {"name": "l", "type": "long"},
        {"name": "d", "type": "double"},
        {"name": "s", "type": ["null", "string"]},
        {"name": "e", "type": {"type": "enum", "name": "E", "symbols": ["A", "B"]}},
        {"name": "t", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {"name": "u", "type": ["null", {"type": "long", "logicalType": "timestamp-micros"}]},
        {"name": "a", "type": {"type": "array", "items": "string"}},
        {"name": "m", "type": {"type": "map", "values": {"type": "array", "items": "int"}}},
        {"name": "r", "type": ["null", INNER]},
    ],
}
times = st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1)).map(
    lambda t: t.replace(microsecond=t.microsecond // 1000 * 1000, tzinfo=UTC)
)
small = st.integers(-(2**31), 2**31 - 1)
records = st.fixed_dictionaries(
    {
        "b": st.booleans(),
        "i": small,
        "l": st.integers(-(2**63), 2**63 - 1),
        "d": st.floats(allow_nan=False),
        "s": st.none() | st.text(max_size=20),
        "e": st.sampled_from(["A", "B"]),
        "t": times,
        "u": st.none() | times,
        "a": st.lists(st.text(max_size=5), max_size=3),
        "m": st.dictionaries(st.text(max_size=5), st.lists(small, max_size=3), max_size=3),
        "r": st.none() | st.fixed_dictionaries({"n": small, "s": st.text(max_size=5)}),
    }
)
CATALOGUE_WIDE = Catalogue([schema_from_json(WIDE)])


@settings(suppress_health_check=list(HealthCheck), deadline=None, max_examples=40)
@given(st.lists(records, min_size=1, max_size=30))
def test_columns_hold_what_was_encoded(some: list[dict[str, Any]]) -> None:
    """The columnar decoder gives back every record that fastavro wrote."""
    (segment,), failures = decoder(WIDE).decode(run([value("test.Wide", r, CATALOGUE_WIDE) for r in some]))
    assert failures == []
    assert segment.data.to_pylist(maps_as_pydicts="strict") == some


@settings(suppress_health_check=list(HealthCheck), deadline=None, max_examples=40)
@given(st.lists(st.tuples(records, st.binary(max_size=6), st.integers(0, 12)), min_size=1, max_size=12))
def test_damage_is_judged_as_fastavro_judges_it(some: list[tuple[dict[str, Any], bytes, int]]) -> None:
    """Whatever is appended or cut off: the same records pass, with the same fields, as when each is decoded by
    itself."""
    values = [
        (v := value("test.Wide", r, CATALOGUE_WIDE))[: max(framing.SIZE, len(v) - cut)] + more for r, more, cut in some
    ]
    whole = run(values)
    segments, failures = decoder(WIDE).decode(whole)
    rows = {row: r for s in segments for row, r in zip(s.rows, s.data.to_pylist(maps_as_pydicts="strict"), strict=True)}
    alone = decoder(WIDE)
    for row in range(len(whole)):
        (found, _lost) = alone.decode(whole.take([row]))
        expected = found[0].data.to_pylist(maps_as_pydicts="strict")[0] if found else None
        assert rows.get(row) == expected
    assert len(rows) + len(failures) == len(values)


def test_every_shipped_schema_without_bytes_takes_the_fast_way() -> None:
    """Only those with bytes or references in them go record by record."""
    from tidings_replay.core.arrow import arrow_schema

    for schema in CATALOGUE:
        try:
            FastDecoder(schema.json, arrow_schema(schema.json))
        except Unsuited:
            assert not _types(schema.json) <= _FAST_TYPES, schema.name


_FAST_TYPES = {"null", "boolean", "int", "long", "float", "double", "string", "record", "enum", "array", "map"}


def _types(schema: Any) -> set[str]:
    """Every type's name in a schema, references included."""
    if isinstance(schema, str):
        return {schema}
    if isinstance(schema, list):
        return set().union(*map(_types, schema))
    inner = [f["type"] for f in schema.get("fields", ())] + [schema[n] for n in ("items", "values") if n in schema]
    return _types(schema["type"]).union(*map(_types, inner))


def test_a_bad_record_amid_many_is_set_aside_with_its_bytes() -> None:
    """One of 5,000; its neighbours get through."""
    values: list[bytes | None] = [message(n) for n in range(5000)]
    values[3210] = values[3210][:-3]  # type: ignore[index]
    segments, (failure,) = decoder().decode(run(values, first=100))
    assert sum(len(s.rows) for s in segments) == 4999
    assert (failure.offset, failure.error_class, failure.value) == (3310, "UndecodableValue", values[3210])


def test_bytes_left_over_are_no_good_record() -> None:
    """The columnar decoder itself would not notice."""
    _, (failure,) = decoder().decode(run([message(n) for n in range(50)] + [message(50) + b"\x00"]))
    assert "left over" in failure.error_text


def test_a_schema_that_is_gone_fails_its_records_alone() -> None:
    """An id that the registry does not know."""
    segments, failures = decoder().decode(run([message(1), b"\x00\x00\x00\x27\x0fxyz", message(2)]))
    assert [f.error_class for f in failures] == ["UnknownSchemaId"]
    assert [list(s.rows) for s in segments] == [[0, 2]]


@pytest.mark.parametrize("junk", [b"", b"\x00\x00", b"hello world", b"{}"])
def test_what_is_not_framed_is_set_aside(junk: bytes) -> None:
    """Too short, or another magic byte."""
    _, failures = decoder().decode(run([junk]))
    assert [f.error_class for f in failures] == ["UndecodableValue"]


def test_a_tombstone_is_a_row_without_data() -> None:
    """On a compacted topic it means: gone."""
    (segment,), failures = decoder().decode(run([None, None]))
    assert (segment.name, segment.data.num_rows, segment.data.num_columns, failures) == (TOMBSTONE, 2, 0, [])


def test_a_text_topic_is_not_taken_for_avro() -> None:
    """`rules` holds YAML."""
    segments, failures = decoder().decode(run([b"name: x", None], topic="rules"))
    assert failures == []
    assert {s.name: s.data.to_pylist() for s in segments}[TEXT] == [{"text": "name: x"}]


def test_types_in_one_run_become_segments_with_their_places() -> None:
    """Two record types, interleaved."""
    segments, _ = decoder().decode(run([message(0), cancelled(1), message(2)]))
    assert {s.name: list(s.rows) for s in segments} == {
        "tidings.demo.Message": [0, 2],
        "tidings.flights.FlightCancelled": [1],
    }


def _version(*fields: dict[str, Any]) -> Schema:
    return schema_from_json({"type": "record", "name": "V", "namespace": "test", "fields": list(fields)})


def test_an_old_record_comes_out_in_todays_shape() -> None:
    """A field that was added later has its default."""
    old = _version({"name": "a", "type": "int"})
    new = _version({"name": "a", "type": "long"}, {"name": "b", "type": "string", "default": "none"})
    bytes_ = value("test.V", {"a": 5}, Catalogue([old]))
    (segment,), _ = Decoder(Catalogue([new]), Versions({1: old, 2: new})).decode(run([bytes_]))
    assert segment.data.to_pylist() == [{"a": 5, "b": "none"}]


def test_an_array_of_nothing_cannot_claim_a_billion_items() -> None:
    """Its schema is kept from the columnar decoder."""
    schema = {"type": "record", "name": "Bomb", "fields": [{"name": "x", "type": {"type": "array", "items": "null"}}]}
    with pytest.raises(Unsuited):
        FastDecoder(schema, pa.schema([]))


def test_a_type_within_itself_becomes_json() -> None:
    """Arrow has no recursive types."""
    tree = {
        "type": "record",
        "name": "Tree",
        "fields": [{"name": "v", "type": "int"}, {"name": "next", "type": ["null", "Tree"]}],
    }
    bytes_ = value("Tree", {"v": 1, "next": {"v": 2, "next": None}}, Catalogue([schema_from_json(tree)]))
    (segment,), _ = decoder(tree).decode(run([bytes_]))
    assert segment.data.to_pylist() == [{"v": 1, "next": '{"v":2,"next":null}'}]


def test_a_union_of_several_is_a_struct_of_members() -> None:
    """Only the branch that was written is set."""
    schema = {"type": "record", "name": "U", "fields": [{"name": "x", "type": ["null", "long", "string"]}]}
    catalogue = Catalogue([schema_from_json(schema)])
    (segment,), _ = decoder(schema).decode(run([value("U", {"x": v}, catalogue) for v in (5, "five", None)]))
    assert segment.data.column("x").to_pylist() == [{"long": 5, "string": None}, {"long": None, "string": "five"}, None]
