"""Runs → segments: the columnar decoder against fastavro, and what is set aside."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
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
times = st.datetimes().map(lambda t: t.replace(microsecond=t.microsecond // 1000 * 1000, tzinfo=UTC))
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
EPOCH = datetime(1970, 1, 1)
TIMES = {
    "timestamp-millis": ("long", lambda n: EPOCH + timedelta(milliseconds=n)),
    "timestamp-micros": ("long", lambda n: EPOCH + timedelta(microseconds=n)),
    "local-timestamp-millis": ("long", lambda n: EPOCH + timedelta(milliseconds=n)),
    "local-timestamp-micros": ("long", lambda n: EPOCH + timedelta(microseconds=n)),
    "timestamp-nanos": ("long", lambda n: n),  # carried as the number that it is
    "date": ("int", lambda n: date.fromordinal(date(1970, 1, 1).toordinal() + n)),
    "time-millis": ("int", lambda n: _of_a_day(timedelta(milliseconds=n))),
    "time-micros": ("long", lambda n: _of_a_day(timedelta(microseconds=n))),
}
_SHAPES = ("plain", "nullable", "array", "map", "record", "array of records", "map of arrays")


def _of_a_day(since_midnight: timedelta) -> time:
    if not timedelta(0) <= since_midnight < timedelta(days=1):
        raise OverflowError
    return (EPOCH + since_midnight).time()


def _shaped(shape: str, name: str, kind: Any) -> Any:
    """A type that holds `kind` somewhere."""
    inner = {"type": "record", "name": f"In_{name}", "fields": [{"name": "x", "type": kind}]}
    return {
        "plain": kind,
        "nullable": ["null", kind],
        "array": {"type": "array", "items": kind},
        "map": {"type": "map", "values": kind},
        "record": inner,
        "array of records": {"type": "array", "items": inner},
        "map of arrays": {"type": "map", "values": {"type": "array", "items": kind}},
    }[shape]


def _value_of(shape: str, item: Any) -> Any:
    return {
        "plain": item,
        "nullable": item,
        "array": [item],
        "map": {"k": item},
        "record": {"x": item},
        "array of records": [{"x": item}],
        "map of arrays": {"k": [item]},
    }[shape]


def _numbers(kind: str) -> st.SearchStrategy[int]:
    """Of all sizes; near 0 and near the ends of what Python's times reach more often than chance would have it."""
    bits = 31 if kind == "int" else 63
    ends = [0, 86_400_000, -719_162, 2_932_896]
    ends += [sign * 10**power for power in (12, 13, 15, 16, 17) for sign in (1, -1)] if kind == "long" else []
    ends += (
        [86_400_000_000, -62_135_596_800_000, 253_402_300_799_999, 253_402_300_799_999_999] if kind == "long" else []
    )
    near = st.tuples(st.sampled_from(ends), st.integers(-2, 2)).map(sum)
    return near | st.integers(-(2**bits), 2**bits - 1)


@st.composite
def numbers_for_times(draw: st.DrawFn) -> tuple[str, str, list[int]]:
    """(a type of times, where it stands in a record, a number for each of some records)."""
    logical, shape = draw(st.sampled_from(list(TIMES))), draw(st.sampled_from(_SHAPES))
    return logical, shape, draw(st.lists(_numbers(TIMES[logical][0]), min_size=1, max_size=40))


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


def _decoded_times(logical: str, shape: str, numbers: list[int], *others: dict[str, Any]) -> tuple[dict[int, Any], int]:
    """({record: the value that came out}, how many were set aside) of numbers that were written for times."""
    kind = TIMES[logical][0]
    fields = [{"name": "t", "type": _shaped(shape, "t", {"type": kind, "logicalType": logical})}, *others]
    schema = {"type": "record", "name": "T", "namespace": "test", "fields": fields}
    plain = {**schema, "fields": [{"name": "t", "type": _shaped(shape, "t", kind)}, *others]}
    catalogue = Catalogue([schema_from_json(plain)])
    rest = {other["name"]: b"" for other in others}
    values = [value("test.T", {"t": _value_of(shape, n), **rest}, catalogue) for n in numbers]
    segments, failures = decoder(schema).decode(run(values))
    assert {f.error_class for f in failures} <= {"UndecodableValue"}
    rows = {
        row: r["t"] for s in segments for row, r in zip(s.rows, s.data.to_pylist(maps_as_pydicts="strict"), strict=True)
    }
    assert len(rows) + len(failures) == len(numbers)
    return rows, len(failures)


@settings(max_examples=300)
@given(numbers_for_times(), st.booleans())
def test_a_time_that_is_none_costs_its_record_alone(some: tuple[str, str, list[int]], exact: bool) -> None:
    """Whatever number was written for a time, wherever it stands: what Python has as a time comes out as that, the rest
    is set aside. With bytes beside it the record takes the exact way."""
    logical, shape, numbers = some
    rows, _ = _decoded_times(logical, shape, numbers, *([{"name": "b", "type": "bytes"}] if exact else []))
    expected = {}
    for row, number in enumerate(numbers):
        try:
            item = TIMES[logical][1](number)
        except (OverflowError, ValueError):
            continue
        aware = logical in ("timestamp-millis", "timestamp-micros")
        expected[row] = _value_of(shape, item.replace(tzinfo=UTC) if aware else item)
    assert rows == expected


@pytest.mark.parametrize("logical", [name for name in TIMES if name != "timestamp-nanos"])
def test_one_impossible_time_amid_many(logical: str) -> None:
    """Of 3,000 records one; the columnar way, then by halves."""
    numbers = list(range(3000))
    numbers[1234] = 2**31 - 1 if TIMES[logical][0] == "int" else 2**60
    rows, lost = _decoded_times(logical, "array", numbers)
    assert (len(rows), lost, 1234 in rows) == (2999, 1, False)


def test_an_impossible_time_in_a_union_of_several_is_set_aside() -> None:
    """Such unions take the exact way."""
    branches = ["null", {"type": "long", "logicalType": "timestamp-millis"}, "string"]
    schema = {"type": "record", "name": "U", "fields": [{"name": "x", "type": branches}]}
    plain = {**schema, "fields": [{"name": "x", "type": ["null", "long", "string"]}]}
    catalogue = Catalogue([schema_from_json(plain)])
    (segment,), (failure,) = decoder(schema).decode(run([value("U", {"x": v}, catalogue) for v in (0, 2**60, "a")]))
    assert list(segment.rows) == [0, 2]
    assert (failure.offset, failure.error_class) == (1, "UndecodableValue")


def test_a_number_that_became_a_time_is_judged_as_one() -> None:
    """An old schema had a plain long; today's has a timestamp."""
    old = _version({"name": "t", "type": "long"})
    new = _version({"name": "t", "type": {"type": "long", "logicalType": "timestamp-millis"}})
    values = [value("test.V", {"t": n}, Catalogue([old])) for n in (0, 2**60)]
    (segment,), (failure,) = Decoder(Catalogue([new]), Versions({1: old, 2: new})).decode(run(values))
    assert segment.data.to_pylist() == [{"t": EPOCH.replace(tzinfo=UTC)}]
    assert failure.offset == 1


def test_a_decimal_of_too_many_digits_costs_its_record_alone() -> None:
    """Avro writes any number of bytes; the schema's precision is a promise that a foreign writer may break."""
    schema = {
        "type": "record",
        "name": "D",
        "fields": [{"name": "x", "type": {"type": "bytes", "logicalType": "decimal", "precision": 4, "scale": 2}}],
    }
    plain = {**schema, "fields": [{"name": "x", "type": "bytes"}]}
    catalogue = Catalogue([schema_from_json(plain)])
    values = [value("D", {"x": n.to_bytes(8)}, catalogue) for n in (1234, 123_456_789, 5)]
    (segment,), (failure,) = decoder(schema).decode(run(values))
    assert segment.data.column("x").to_pylist() == [Decimal("12.34"), Decimal("0.05")]
    assert (failure.offset, failure.error_class) == (1, "UndecodableValue")
