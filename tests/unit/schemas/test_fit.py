"""The holes of Avro's writer that are closed."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import fastavro
import pytest
from hypothesis import given
from tidings_schemas import catalogue
from tidings_schemas.fit import Checks

from tests.avro_strategies import records

MILLIS = {"type": "long", "logicalType": "timestamp-millis"}
LOCAL = {"type": "long", "logicalType": "local-timestamp-millis"}
DAY = {"type": "int", "logicalType": "date"}
CLOCK = {"type": "int", "logicalType": "time-millis"}
MONEY = {"type": "bytes", "logicalType": "decimal", "precision": 6, "scale": 2}
IDENTITY = {"type": "string", "logicalType": "uuid"}
ENUM = {"type": "enum", "name": "E", "symbols": ["a", "b"]}
FIXED = {"type": "fixed", "name": "F", "size": 2}
NOW = datetime(2013, 1, 10, 8, 15, tzinfo=UTC)


def _fits(schema: Any, value: Any, thorough: bool) -> bool:
    return Checks(thorough).of(fastavro.parse_schema(schema)).check(value) is None


@pytest.mark.parametrize("thorough", [True, False])
@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ("int", True),
        ("int", 1.5),
        ("int", 2**31),
        ("int", "3"),
        ("long", -(2**63) - 1),
        ("boolean", 1),
        ("boolean", None),
        ("double", "1"),
        ("double", True),
        ("float", 1e39),
        ("string", b"ab"),
        ("bytes", "ab"),
        ("null", 0),
        (MILLIS, NOW.replace(tzinfo=None)),
        (MILLIS, datetime.max.replace(tzinfo=timezone(timedelta(hours=-14)))),
        (MILLIS, True),
        (MILLIS, 10**15),
        (MILLIS, date(2013, 1, 10)),
        (["null", MILLIS], NOW.replace(tzinfo=None)),
        (LOCAL, NOW),
        (DAY, NOW),
        (DAY, 10**7),
        (CLOCK, 24 * 60 * 60 * 1000),
        (MONEY, 1.5),
        (IDENTITY, "not a uuid"),
        ({"type": "array", "items": "string"}, "abc"),
        ({"type": "array", "items": "int"}, {1: 2}),
        ({"type": "array", "items": "int"}, [1, True]),
        ({"type": "map", "values": "int"}, {1: 2}),
        ({"type": "map", "values": "int"}, {"a": True}),
        (ENUM, "c"),
        (FIXED, b"abc"),
        (["null", "int"], True),
    ],
)
def test_refused(schema: Any, value: Any, thorough: bool) -> None:
    """What a writer would bend, or no reader could turn back, does not fit."""
    assert not _fits(schema, value, thorough)


@pytest.mark.parametrize("thorough", [True, False])
@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ("int", -(2**31)),
        ("long", 2**63 - 1),
        ("double", 3),
        ("float", float("inf")),
        ("float", float("nan")),
        ("string", "naïve 🛩"),
        ("bytes", bytearray(b"a")),
        (MILLIS, NOW),
        (MILLIS, datetime.max.replace(tzinfo=UTC)),
        (MILLIS, 0),
        (LOCAL, NOW.replace(tzinfo=None)),
        (DAY, date.max),
        (CLOCK, time(23, 59)),
        (MONEY, Decimal("1.50")),
        (IDENTITY, UUID(int=7)),
        (IDENTITY, str(UUID(int=7))),
        ({"type": "array", "items": "int"}, (1, 2)),
        (ENUM, "a"),
        (FIXED, b"ab"),
        (["null", "int"], None),
        ({"type": "string", "logicalType": "nobody-knows"}, "x"),
    ],
)
def test_accepted(schema: Any, value: Any, thorough: bool) -> None:
    """What fits is let through, and fastavro writes and reads it."""
    assert _fits(schema, value, thorough)
    record = fastavro.parse_schema({"type": "record", "name": "R", "fields": [{"name": "f", "type": schema}]})
    assert _round_trip(record, {"f": value}).keys() == {"f"}


def _round_trip(schema: Any, record: dict[str, Any]) -> dict[str, Any]:
    from io import BytesIO

    buffer = BytesIO()
    fastavro.schemaless_writer(buffer, schema, record)
    buffer.seek(0)
    return fastavro.schemaless_reader(buffer, schema, None)  # type: ignore[no-any-return]


@pytest.mark.parametrize("schema", list(catalogue.load()), ids=lambda schema: schema.name)
def test_no_right_record_is_refused(schema: catalogue.Schema) -> None:
    """Whatever Avro can hold, the check lets through."""

    @given(records(schema))
    def holds(record: dict[str, Any]) -> None:
        assert Checks().of(schema.parsed).check(record) is None

    holds()


def test_a_record_may_hold_itself() -> None:
    """Recursive schemas compile, and the path leads down to the fault."""
    tree = {
        "type": "record",
        "name": "T",
        "fields": [{"name": "v", "type": "int"}, {"name": "t", "type": ["null", "T"]}],
    }
    check = Checks().of(fastavro.parse_schema(tree)).check
    assert check({"v": 1, "t": {"v": 2, "t": None}}) is None
    misfit = check({"v": 1, "t": {"v": 2, "t": {"v": "x", "t": None}}})
    assert misfit is not None
    assert misfit.path == "t.t.v"


@pytest.mark.parametrize("value", [10**5_000, [[[[[1]]]]] * 1_000, "x" * 1_000], ids=["digits", "items", "characters"])
def test_a_misfit_is_shown_in_a_line(value: Any) -> None:
    """However large it is; Python writes no number of 5,000 digits."""
    misfit = Checks().of("boolean").check(value)
    assert misfit is not None
    assert len(misfit.problem) < 120


def test_lone_surrogates_are_found_when_thorough() -> None:
    """UTF-8 cannot hold half a pair."""
    assert not _fits("string", "\udc00", True)
