"""What may follow a schema: the shipped ones against their recorded history, and the rules themselves."""

import re
from typing import Any

import pytest
from tidings_schemas import catalogue
from tidings_schemas.catalogue import Schema, schema_from_json
from tidings_schemas.compatibility import check
from tidings_schemas.history import folder_of, versions

MILLIS = {"type": "long", "logicalType": "timestamp-millis"}
MICROS = {"type": "long", "logicalType": "timestamp-micros"}
A = {"name": "a", "type": "int"}


def _record(*fields: dict[str, Any]) -> Schema:
    return schema_from_json({"type": "record", "name": "R", "fields": list(fields)})


def _x(type_: Any) -> dict[str, Any]:
    return {"name": "x", "type": type_}


def _enum(*symbols: str, **more: str) -> dict[str, Any]:
    return {"name": "e", "type": {"type": "enum", "name": "E", "symbols": list(symbols), **more}}


def _inner(*fields: dict[str, Any]) -> dict[str, Any]:
    return {"name": "n", "type": ["null", {"type": "record", "name": "N", "fields": list(fields)}]}


def _list(*fields: dict[str, Any]) -> dict[str, Any]:
    return {"name": "n", "type": {"type": "array", "items": {"type": "record", "name": "N", "fields": list(fields)}}}


@pytest.mark.parametrize("schema", list(catalogue.load()), ids=lambda schema: schema.name)
def test_every_shipped_schema_reads_all_its_recorded_versions(schema: Schema) -> None:
    """BACKWARD_TRANSITIVE, and the present version is recorded: else `tidings schemas record`, and commit."""
    recorded = versions(folder_of(schema))
    assert check(schema, recorded) == []
    assert recorded[-1].json == schema.json


@pytest.mark.parametrize(
    ("new", "old"),
    [
        (_record(A, {"name": "b", "type": "int", "default": 1}), _record(A)),
        (_record(), _record(A)),
        (_record({"name": "a", "type": "long"}), _record(A)),
        (_record({"name": "a", "type": ["null", "int"]}), _record(A)),
        (_record({"name": "b", "type": "int", "aliases": ["a"]}), _record(A)),
        (_record(_enum("x", "y")), _record(_enum("x"))),
        (_record(_enum("x", default="x")), _record(_enum("x", "y", default="x"))),
        (_record({"name": "a", "type": ["null", MILLIS]}), _record({"name": "a", "type": MILLIS})),
    ],
)
def test_may_follow(new: Schema, old: Schema) -> None:
    """Fields with defaults, fields left out, promotions, aliases, more symbols."""
    assert check(new, [old]) == []


@pytest.mark.parametrize(
    ("new", "old", "field", "problem"),
    [
        (_record(A, {"name": "b", "type": "int"}), _record(A), "b", "default"),
        (_record({"name": "a", "type": "string"}), _record(A), "a", "string not compatible with writer type: int"),
        (_record(A), _record({"name": "a", "type": ["null", "int"]}), "", "writer type: null"),  # avro tells no place
        (_record(_enum("x")), _record(_enum("x", "y")), "e", "symbols"),
        (_record(_inner(_x("string"))), _record(_inner(_x("int"))), "n", "RECORD"),
        (_record(_list(_x("string"))), _record(_list(_x("int"))), "n.x", "int"),
        (_record(_x(MICROS)), _record(_x(MILLIS)), "x", "meant .*millis"),
        (_record(_x(["null", MICROS])), _record(_x(MILLIS)), "x", "meant .*millis"),
        (_record(_x(MILLIS)), _record(_x("long")), "x", "meant a plain value"),
        (_record(_inner(_x(MICROS))), _record(_inner(_x(MILLIS))), "n.x", "micros"),
    ],
)
def test_may_not_follow(new: Schema, old: Schema, field: str, problem: str) -> None:
    """Each fault names its field and says what is wrong; also a change of meaning that Avro itself lets pass."""
    (fault,) = check(new, [old])
    assert (fault.schema, fault.version, fault.field) == ("R", 1, field)
    assert re.search(problem, fault.problem)


def test_all_versions_count() -> None:
    """A field that came with a default and loses it fits the second version, not the first."""
    one, two = _record(A), _record(A, {"name": "b", "type": "int", "default": 1})
    three = _record(A, {"name": "b", "type": "int"})
    assert check(three, [two]) == []
    assert [(fault.version, fault.field) for fault in check(three, [one, two])] == [(1, "b")]
