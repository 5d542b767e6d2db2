"""The exact, slower decoder: Avro bodies → Python records (fastavro) → Arrow. It knows every Avro type."""

from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from typing import Any

import orjson
import pyarrow as pa
from fastavro import schemaless_reader
from fastavro.read import LOGICAL_READERS
from fastavro.validation import validate
from tidings_schemas import framing
from tidings_schemas.errors import UndecodableValue

from .arrow import Json, Names, branch_name
from .times import all_fit

Convert = Callable[[Any], Any] | None


def decode_one(value: bytes, name: str, writer: Any, reader: Any = None) -> dict[str, Any]:
    """The record of one framed value, by fastavro.

    Raises:
        UndecodableValue: the bytes do not fit, or some are left over.
    """
    buffer = BytesIO(value)
    buffer.seek(framing.SIZE)
    try:
        record = schemaless_reader(buffer, writer, reader)
    except Exception as error:  # fastavro raises many kinds; all mean "not this schema"
        raise UndecodableValue(f"{name}: {error or type(error).__name__}") from error
    if left := len(value) - buffer.tell():
        raise UndecodableValue(f"{name}: {left} bytes left over")
    return record  # type: ignore[return-value]


class Shaper:
    """Turns fastavro's records of one schema into columns of `schema`."""

    def __init__(self, avro: Mapping[str, Any], schema: pa.Schema) -> None:
        names = Names()
        full, namespace = names.define(avro, "")
        names.open.add(full)
        self.schema = schema
        self._name = full
        self._fields = [(f["name"], _converter(f["type"], namespace, names)) for f in avro["fields"]]

    def batch(self, records: Sequence[Mapping[str, Any]]) -> pa.RecordBatch:
        """The records as columns, in order.

        Raises:
            UndecodableValue: one of them holds what its column cannot: a decimal of more digits, a number for a time.
        """
        columns = []
        for field, (name, convert) in zip(self.schema, self._fields, strict=True):
            values = [r[name] for r in records] if convert is None else [_apply(convert, r[name]) for r in records]
            try:
                column = pa.array(values, field.type)
            except (pa.ArrowException, OverflowError, ValueError, TypeError) as error:
                raise UndecodableValue(f"{self._name}: field {name!r}: {error}") from error
            if not all_fit(column):
                raise UndecodableValue(f"{self._name}: field {name!r}: a time outside the years 1 to 9999")
            columns.append(column)
        return pa.RecordBatch.from_arrays(columns, schema=self.schema)


def _apply(convert: Convert, value: Any) -> Any:
    return value if value is None or convert is None else convert(value)


def _converter(schema: Json, namespace: str, names: Names) -> Convert:
    """How a value of `schema` becomes what pyarrow takes; None = as it is."""
    if isinstance(schema, list):
        return _union(schema, namespace, names)
    if isinstance(schema, str):
        found = names.find(schema, namespace)
        if found is None:
            return None
        return _json if found[0] in names.open else _converter(found[1], found[0].rpartition(".")[0], names)
    match schema["type"]:
        case "record":
            return _record(schema, namespace, names)
        case "array":
            inner = _converter(schema["items"], namespace, names)
            return None if inner is None else lambda items: [_apply(inner, item) for item in items]
        case "map":
            inner = _converter(schema["values"], namespace, names)
            return lambda entries: [(key, _apply(inner, item)) for key, item in entries.items()]
        case "enum" | "fixed":
            names.define(schema, namespace)
            return None
        case str():
            return str if schema.get("logicalType") == "uuid" else None
        case nested:
            return _converter(nested, namespace, names)


def _record(schema: Mapping[str, Any], namespace: str, names: Names) -> Convert:
    full, inner = names.define(schema, namespace)
    names.open.add(full)
    fields = [(f["name"], _converter(f["type"], inner, names)) for f in schema["fields"]]
    names.open.discard(full)
    return lambda record: {name: _apply(convert, record[name]) for name, convert in fields}


def _union(branches: list[Json], namespace: str, names: Names) -> Convert:
    others = [b for b in branches if b != "null"]
    if len(others) < 2:
        return _converter(others[0], namespace, names) if others else None
    members = [(branch_name(b), b, _converter(b, namespace, names)) for b in others]

    def convert(value: Any) -> dict[str, Any]:
        chosen = next((m for m in members if _fits(value, m[1], names)), members[-1])
        return {name: _apply(inner, value) if name == chosen[0] else None for name, _, inner in members}

    return convert


def _fits(value: Any, branch: Json, names: Names) -> bool:
    if isinstance(branch, str) and branch in names.known:
        branch = names.known[branch]
    try:
        return bool(validate(value, branch, raise_errors=False))
    except Exception:  # fastavro cannot judge a branch by itself that refers elsewhere
        return isinstance(value, dict)


def _json(value: Any) -> str:
    return orjson.dumps(value, default=str).decode()


def _time_of_day(read: Callable[..., Any]) -> Callable[..., Any]:
    def checked(number: int, *schemas: Any) -> Any:
        if number < 0:  # fastavro takes -1 ms for 999 ms after midnight
            raise ValueError(f"{number} is no time of a day")
        return read(number, *schemas)

    return checked


for _name in ("int-time-millis", "long-time-micros"):
    LOGICAL_READERS[_name] = _time_of_day(LOGICAL_READERS[_name])
