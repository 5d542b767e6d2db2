"""Avro schemas as Arrow schemas: nested types stay nested, docs and the mark `personal` become field metadata.

| Avro | Arrow |
|---|---|
| record, array, map | struct, list, map |
| null and one other | that other, nullable |
| several others | struct of one nullable member for each branch |
| enum, uuid | string |
| a record inside itself | string (JSON), because Arrow has no recursive types |
"""

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

Json = Any

_PRIMITIVE = {
    "null": pa.null(),
    "boolean": pa.bool_(),
    "int": pa.int32(),
    "long": pa.int64(),
    "float": pa.float32(),
    "double": pa.float64(),
    "bytes": pa.binary(),
    "string": pa.string(),
}
_LOGICAL = {
    ("int", "date"): pa.date32(),
    ("int", "time-millis"): pa.time32("ms"),
    ("long", "time-micros"): pa.time64("us"),
    ("long", "timestamp-millis"): pa.timestamp("ms", "UTC"),
    ("long", "timestamp-micros"): pa.timestamp("us", "UTC"),
    ("long", "local-timestamp-millis"): pa.timestamp("ms"),
    ("long", "local-timestamp-micros"): pa.timestamp("us"),
}


class Names:
    """Named types that were met so far, by full name; and which are being defined, to see recursion."""

    def __init__(self) -> None:
        self.known: dict[str, Json] = {}
        self.open: set[str] = set()

    def define(self, schema: Mapping[str, Any], namespace: str) -> tuple[str, str]:
        """(full name, namespace within) of a named type, which is known from now on."""
        name = full_name(schema["name"], schema.get("namespace", namespace))
        self.known[name] = schema
        return name, name.rpartition(".")[0]

    def find(self, name: str, namespace: str) -> tuple[str, Json] | None:
        """(full name, definition) of a reference; None for a primitive."""
        for candidate in (full_name(name, namespace), name):
            if candidate in self.known:
                return candidate, self.known[candidate]
        return None


def full_name(name: str, namespace: str | None) -> str:
    """An Avro full name (specification, "Names")."""
    return f"{namespace}.{name}" if namespace and "." not in name else name


def arrow_schema(record: Mapping[str, Any]) -> pa.Schema:
    """The Arrow schema of an Avro record's JSON; one column for each field."""
    names = Names()
    full, namespace = names.define(record, "")
    names.open.add(full)
    return pa.schema([arrow_field(f, namespace, names) for f in record["fields"]])


def arrow_field(field: Mapping[str, Any], namespace: str, names: Names) -> pa.Field:
    """One record field; doc and `personal` go along."""
    metadata = {"doc": field["doc"]} if field.get("doc") else {}
    if field.get("personal"):
        metadata["personal"] = "true"
    return pa.field(field["name"], arrow_type(field["type"], namespace, names), metadata=metadata or None)


def arrow_type(schema: Json, namespace: str, names: Names) -> pa.DataType:
    """The Arrow type of any Avro schema."""
    if isinstance(schema, list):
        return _union(schema, namespace, names)
    if isinstance(schema, str):
        return _named(schema, namespace, names)
    match schema["type"]:
        case "record":
            return _record(schema, namespace, names)
        case "enum":
            names.define(schema, namespace)
            return pa.string()
        case "array":
            return pa.list_(arrow_type(schema["items"], namespace, names))
        case "map":
            return pa.map_(pa.string(), arrow_type(schema["values"], namespace, names))
        case "fixed":
            names.define(schema, namespace)
            return decimal_type(schema) or pa.binary(schema["size"])
        case str() as kind if kind in _PRIMITIVE:
            return _scalar(schema, kind)
        case nested:
            return arrow_type(nested, namespace, names)


def decimal_type(schema: Mapping[str, Any]) -> pa.DataType | None:
    """Arrow's decimal of Avro's, if the schema is one that fits."""
    if schema.get("logicalType") != "decimal" or not 0 < schema.get("precision", 0) <= 38:
        return None
    return pa.decimal128(schema["precision"], schema.get("scale", 0))


def _scalar(schema: Mapping[str, Any], kind: str) -> pa.DataType:
    if kind == "bytes" and (decimal := decimal_type(schema)):
        return decimal
    return _LOGICAL.get((kind, schema.get("logicalType", "")), _PRIMITIVE[kind])


def _named(name: str, namespace: str, names: Names) -> pa.DataType:
    if name in _PRIMITIVE:
        return _PRIMITIVE[name]
    found = names.find(name, namespace)
    if found is None:
        raise ValueError(f"the Avro schema refers to {name!r}, which it does not define")
    full, definition = found
    if full in names.open:
        return pa.string()
    return arrow_type(definition, full.rpartition(".")[0], names)


def _record(schema: Mapping[str, Any], namespace: str, names: Names) -> pa.DataType:
    full, inner = names.define(schema, namespace)
    names.open.add(full)
    fields = [arrow_field(f, inner, names) for f in schema["fields"]]
    names.open.discard(full)
    return pa.struct(fields)


def _union(branches: list[Json], namespace: str, names: Names) -> pa.DataType:
    others = [b for b in branches if b != "null"]
    if not others:
        return pa.null()
    if len(others) == 1:
        return arrow_type(others[0], namespace, names)
    return pa.struct([pa.field(branch_name(b), arrow_type(b, namespace, names)) for b in others])


def branch_name(branch: Json) -> str:
    """What a union's branch is called: the type's name."""
    if isinstance(branch, dict):
        return str(branch.get("name") or branch["type"]).rpartition(".")[2]
    return str(branch).rpartition(".")[2]
