"""Hypothesis strategies for records of any Avro schema in fastavro's parsed form."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st
from tidings_schemas.catalogue import Schema

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_TIMES = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)).map(
    lambda time: time.replace(microsecond=time.microsecond // 1000 * 1000)
)
_SCALARS: dict[str, st.SearchStrategy[Any]] = {
    "null": st.none(),
    "boolean": st.booleans(),
    "int": st.integers(-(2**31), 2**31 - 1),
    "long": st.integers(-(2**63), 2**63 - 1),
    "float": st.floats(width=32, allow_nan=False),
    "double": st.floats(allow_nan=False),
    "bytes": st.binary(max_size=20),
    "string": _TEXT,
}


def records(schema: Schema) -> st.SearchStrategy[dict[str, Any]]:
    """Complete records (every field present) that fit the schema."""
    return values(schema.parsed)


def values(schema: Any) -> st.SearchStrategy[Any]:
    """Values that fit a parsed schema without recursion."""
    if isinstance(schema, list):
        return st.one_of([values(branch) for branch in schema])
    if isinstance(schema, str):
        return _SCALARS[schema]
    if schema.get("logicalType") == "timestamp-millis":
        return _TIMES
    match schema["type"]:
        case "record":
            return st.fixed_dictionaries({field["name"]: values(field["type"]) for field in schema["fields"]})
        case "array":
            return st.lists(values(schema["items"]), max_size=3)
        case "map":
            return st.dictionaries(_TEXT, values(schema["values"]), max_size=3)
        case "enum":
            return st.sampled_from(schema["symbols"])
        case kind:
            return values(kind)
