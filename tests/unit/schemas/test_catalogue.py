"""The shipped schemas, and a user's own."""

import json
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import avro.schema
import pytest
from tidings_schemas import catalogue, records
from tidings_schemas.catalogue import Schema
from tidings_schemas.errors import UnknownEventType

SHIPPED = list(catalogue.load())
RECORDS = [kind for kind in vars(records).values() if hasattr(kind, "avro_name")]
each = pytest.mark.parametrize("schema", SHIPPED, ids=lambda schema: schema.name)


def _documented(schema: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(schema, list):
        for branch in schema:
            yield from _documented(branch, path)
    elif isinstance(schema, dict):
        yield from _documented(schema.get("items", schema.get("values", ())), path)
        for field in schema.get("fields", ()):
            yield f"{path}.{field['name']}", field.get("doc", "")
            yield from _documented(field["type"], f"{path}.{field['name']}")


@each
def test_every_field_has_a_doc(schema: Schema) -> None:
    """Whoever reads a schema learns what each field means, in nested records too."""
    assert schema.json["doc"]
    assert [path for path, doc in _documented(schema.json, schema.name) if len(doc) < 4] == []


@each
def test_avro_itself_accepts_it(schema: Schema) -> None:
    """The `avro` package, the reference implementation, parses the schema and agrees on its full name."""
    assert avro.schema.parse(schema.text).fullname == schema.name


@each
def test_the_file_is_named_after_the_record(schema: Schema) -> None:
    """A schema is found by its full name."""
    assert json.loads((files("tidings_schemas") / "avro" / f"{schema.name}.avsc").read_text()) == schema.json


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.avro_name)
def test_dataclasses_have_their_schemas_fields(record: type[records.AvroRecord]) -> None:
    """A dataclass and its schema never drift apart."""
    assert set(record.__slots__) == catalogue.load()[record.avro_name].fields


def test_an_unknown_name_says_what_is_known() -> None:
    """The error lists what could have been meant."""
    with pytest.raises(UnknownEventType, match=r"tidings\.flights\.FlightDelayed"):
        catalogue.load()["tidings.flights.FlightDelaid"]


def test_a_folder_adds_schemas(tmp_path: Path) -> None:
    """A user's own schema stands beside the shipped ones."""
    (tmp_path / "x.avsc").write_text(
        '{"type": "record", "name": "OrderPlaced", "namespace": "shop.orders", "fields": []}'
    )
    loaded = catalogue.load(tmp_path)
    assert loaded["shop.orders.OrderPlaced"].fields == frozenset()
    assert "tidings.Notification" in loaded


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "Expecting"),
        ('"string"', "must be an Avro record"),
        ('{"type": "enum", "name": "E", "symbols": []}', "must be an Avro record"),
        ('{"type": "record", "name": "R"}', "list of fields"),
        ('{"type": "record", "name": "R", "fields": [{"name": "f", "type": "strnig"}]}', "strnig"),
    ],
)
def test_a_broken_file_is_named(tmp_path: Path, text: str, why: str) -> None:
    """The error names the file and what is wrong in it."""
    (tmp_path / "broken.avsc").write_text(text)
    with pytest.raises(ValueError, match=rf"broken\.avsc: .*{why}"):
        catalogue.load(tmp_path)
