"""Schemas as functions, held against fastavro."""

import shutil
from io import BytesIO
from typing import Any

import pytest
from fastavro import parse_schema, schemaless_reader, schemaless_writer
from hypothesis import given, settings
from hypothesis import strategies as st
from tidings_schemas.avro_reader import NUMBER_OF_TIME, Readers, moment, varint
from tidings_schemas.avro_reader import reader_of as by_python
from tidings_schemas.catalogue import load
from tidings_schemas.native.avro import maker, native_reader_of
from tidings_schemas.native.program import program

compiled = pytest.mark.skipif(not shutil.which("cc"), reason="there is no C compiler")
#: Both ways of reading: what one says, the other does too.
both = pytest.mark.parametrize(
    "reader_of", [by_python, pytest.param(native_reader_of, marks=compiled)], ids=["python", "c"]
)
LONGS = st.integers(-(2**63), 2**63 - 1)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "null": st.none(),
    "boolean": st.booleans(),
    "int": st.integers(-(2**31), 2**31 - 1),
    "long": LONGS,
    "float": st.floats(width=32, allow_nan=False),
    "double": st.floats(allow_nan=False),
    "bytes": st.binary(max_size=200),
    "string": st.text(max_size=200),
}
Case = tuple[Any, st.SearchStrategy[Any]]  # a schema and its values


def _primitive(name: str) -> Case:
    return name, VALUES[name]


def _array(item: Case) -> Case:
    return {"type": "array", "items": item[0]}, st.lists(item[1], max_size=4)


def _map(item: Case) -> Case:
    return {"type": "map", "values": item[0]}, st.dictionaries(st.text(max_size=3), item[1], max_size=3)


def _optional(item: Case) -> Case:
    if item[0] == "null" or isinstance(item[0], list):
        return item
    return ["null", item[0]], st.none() | item[1]


CASES: st.SearchStrategy[Case] = st.recursive(
    st.sampled_from(sorted(VALUES)).map(_primitive),
    lambda inner: st.one_of(inner.map(_array), inner.map(_map), inner.map(_optional)),
    max_leaves=4,
)
ENUM = {"type": "enum", "name": "Level", "symbols": ["low", "high"]}
FIXED = {"type": "fixed", "name": "Hash", "size": 4}
TIME = {"type": "long", "logicalType": "timestamp-millis"}
INNER = {
    "type": "record",
    "name": "Inner",
    "fields": [{"name": "level", "type": ENUM}, {"name": "again", "type": "Level"}],
}


def _schema(*types: Any) -> Any:
    fields = [{"name": f"f{index}", "type": one} for index, one in enumerate(types)]
    return parse_schema({"type": "record", "name": "Sample", "fields": fields})


def _written(schema: Any, record: dict[str, Any]) -> bytes:
    out = BytesIO()
    schemaless_writer(out, schema, record)
    return out.getvalue()


def _by_fastavro(schema: Any, data: bytes) -> tuple[Any, int]:
    buffer = BytesIO(data)
    return schemaless_reader(buffer, schema, None), buffer.tell()


@both
@settings(max_examples=300)
@given(st.lists(CASES, min_size=1, max_size=4), st.data())
def test_it_reads_what_fastavro_reads(reader_of: Readers, cases: list[Case], data: st.DataObject) -> None:
    """The same record and end, wherever in the bytes it begins."""
    schema = _schema(*(case[0] for case in cases))
    raw = _written(schema, {f"f{index}": data.draw(case[1]) for index, case in enumerate(cases)})
    read = reader_of(schema)
    assert read is not None
    record, end = read(b"12345" + raw, 5)
    assert (record, end - 5) == _by_fastavro(schema, raw)


@both
@settings(max_examples=300)
@given(st.lists(CASES, min_size=1, max_size=5), st.data())
def test_it_reads_the_wanted_fields_and_passes_over_the_others(
    reader_of: Readers, cases: list[Case], data: st.DataObject
) -> None:
    """Those of the whole record, and the same end."""
    schema = _schema(TIME, *(case[0] for case in cases))
    record = {
        f"f{index}": data.draw(values)
        for index, values in enumerate((st.just(1_357_806_600_123), *(c[1] for c in cases)))
    }
    wanted = data.draw(st.sets(st.sampled_from(sorted(record))))
    raw = _written(schema, record)
    whole, some = reader_of(schema), reader_of(schema, wanted)
    assert whole is not None
    assert some is not None
    fields, end = whole(raw, 0)
    assert some(raw, 0) == ({name: fields[name] for name in fields if name in wanted}, end)


@both
def test_of_an_inner_record_all_fields_are_read(reader_of: Readers) -> None:
    """What is wanted are names of the outermost one's."""
    schema = _schema(INNER, "string")
    raw = _written(schema, {"f0": {"level": "high", "again": "low"}, "f1": "x"})
    read = reader_of(schema, {"f0"})
    assert read is not None
    assert read(raw, 0) == ({"f0": {"level": "high", "again": "low"}}, len(raw))


@both
@given(LONGS)
def test_a_time_that_is_wanted_as_a_number_is_one(reader_of: Readers, number: int) -> None:
    """Of any length."""
    schema = _schema({"type": "long", NUMBER_OF_TIME: True})
    raw = _written(schema, {"f0": number})
    read = reader_of(schema)
    assert read is not None
    assert read(raw, 0) == ({"f0": number}, len(raw))


@given(st.binary(max_size=12).map(lambda rest: b"\x80" + rest))
def test_a_moment_is_read_as_any_number(raw: bytes) -> None:
    """Also where the bytes break off, or the number is too long."""
    try:
        wanted = varint(raw, 0)
    except (ValueError, IndexError):
        with pytest.raises((ValueError, IndexError)):
            moment(raw, 0)
    else:
        assert moment(raw, 0) == wanted


@both
def test_named_types_are_read_where_they_are_named_again(reader_of: Readers) -> None:
    schema = _schema(INNER, FIXED, TIME, ["null", "Hash"])
    record = {"f0": {"level": "high", "again": "low"}, "f1": b"abcd", "f2": 1_357_806_600_123, "f3": b"efgh"}
    raw = _written(schema, record)
    read = reader_of(schema)
    assert read is not None
    assert read(raw, 0) == _by_fastavro(schema, raw)


@both
@pytest.mark.parametrize(
    "kind",
    [
        {"type": "bytes", "logicalType": "decimal", "precision": 4, "scale": 2},
        {"type": "int", "logicalType": "date"},
        {"type": "string", "logicalType": "uuid"},
    ],
)
def test_what_it_does_not_know_is_left_to_fastavro(reader_of: Readers, kind: Any) -> None:
    assert reader_of(_schema("int", kind)) is None


@both
def test_a_type_that_holds_itself_is_left_to_fastavro(reader_of: Readers) -> None:
    tree = {"type": "record", "name": "Tree", "fields": [{"name": "left", "type": ["null", "Tree"]}]}
    assert reader_of(parse_schema(tree)) is None


@both
def test_all_schemas_that_ship_are_known(reader_of: Readers) -> None:
    """So that a new one does not make the stages slow unnoticed."""
    assert [schema.name for schema in load() if reader_of(schema.parsed) is None] == []


@both
def test_a_name_that_looks_like_code_is_a_name(reader_of: Readers) -> None:
    """Foreign schemas name fields as they like; only Avro's grammar stands between."""
    schema = {"type": "record", "name": "X", "fields": [{"name": "a': print(1) #", "type": "int"}]}
    read = reader_of(schema)
    assert read is not None
    assert read(b"\x02", 0) == ({"a': print(1) #": 1}, 1)


FLIGHT = load()["tidings.flights.FlightDelayed"].parsed
RAW = _written(
    FLIGHT,
    {"flight": "UA1", "carrier": "UA", "number": 1, "origin": "EWR", "destination": "IAH"}
    | {"delay_minutes": 45, "scheduled_departure": 1_357_806_600_123, "estimated_departure": 1_357_806_600_123},
)


@both
@settings(max_examples=500)
@given(st.integers(0, len(RAW) - 1), st.integers(0, 255), st.integers(0, len(RAW)))
def test_damaged_bytes_make_no_other_record_than_fastavro_makes(
    reader_of: Readers, at: int, byte: int, length: int
) -> None:
    """Broken off or changed: where it gives a whole record, fastavro gives that one too."""
    damaged = (RAW[:at] + bytes([byte]) + RAW[at + 1 :])[:length]
    read = reader_of(FLIGHT)
    assert read is not None
    try:
        record, end = read(damaged, 0)
    except Exception:
        return
    if end == len(damaged):
        assert (record, end) == _by_fastavro(FLIGHT, damaged)


@given(st.integers(128, 2**64 - 1) | st.integers(7, 63).flatmap(lambda bits: st.integers(2**bits, 2 ** (bits + 1) - 1)))
def test_a_number_of_many_bytes_is_read_whole(number: int) -> None:
    raw, rest = bytearray(), number
    while rest > 127:
        raw.append(rest & 127 | 128)
        rest >>= 7
    raw.append(rest)
    assert varint(b"\x00" + bytes(raw) + b"\xff", 1) == (number, 1 + len(raw))


@pytest.mark.parametrize("raw", [b"\x80", b"\xff\xff", b"\x80" * 11 + b"\x01"])
def test_a_number_that_does_not_end_is_refused(raw: bytes) -> None:
    with pytest.raises((ValueError, IndexError)):
        varint(raw, 0)


def _by_c_alone(schema: Any, data: bytes) -> tuple[Any, int]:
    def left_to_python(data: bytes, at: int) -> Any:
        raise AssertionError("it was refused")

    code, objects = program(schema)
    found: tuple[Any, int] = maker()((code, objects, left_to_python))(data, 0)
    return found


@compiled
@given(st.lists(CASES, min_size=1, max_size=4), st.data())
def test_c_leaves_nothing_usual_to_python(cases: list[Case], data: st.DataObject) -> None:
    """Else it would only be slower. Lists of nothing and numbers of more than 63 bits are not usual."""
    schema = _schema(INNER, FIXED, TIME, *(case[0] for case in cases))
    record: dict[str, Any] = {f"f{index}": data.draw(case[1]) for index, case in enumerate(cases, 3)}
    record |= {"f0": {"level": "high", "again": "low"}, "f1": b"abcd", "f2": 1_357_806_600_123}
    raw = _written(schema, record)
    try:
        found = _by_c_alone(schema, raw)
    except AssertionError:
        assert _is_unusual(record)
    else:
        assert found == _by_fastavro(schema, raw)


def _is_unusual(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_is_unusual, value.values()))
    if isinstance(value, list):
        return None in value or any(map(_is_unusual, value))
    return isinstance(value, int) and not -(2**62) <= value < 2**62
