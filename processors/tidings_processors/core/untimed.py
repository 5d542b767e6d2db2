"""A codec that leaves times as the numbers they are on the wire.

Why: making datetimes takes a third of an event's decoding, and match looks at times only if a condition does.
"""

from typing import Any

from tidings_schemas.avro_reader import NUMBER_OF_TIME, Readers, reader_of
from tidings_schemas.catalogue import Catalogue, Schema
from tidings_schemas.codec import Codec, Schemas

_TIMES = frozenset(("timestamp-millis", "timestamp-micros", "local-timestamp-millis", "local-timestamp-micros"))


class _Untimed:
    """Schemas of another source, without what makes a number a time."""

    def __init__(self, schemas: Schemas) -> None:
        self._schemas = schemas

    def by_id(self, schema_id: int) -> Schema:
        return untimed_schema(self._schemas.by_id(schema_id))

    def id_of(self, schema: Schema) -> int:
        return self._schemas.id_of(schema)


def untimed_codec(catalogue: Catalogue, schemas: Schemas, readers: Readers = reader_of) -> Codec:
    """A codec like `Codec(catalogue, schemas, readers)` for decoding, but times come out as ints."""
    return Codec(Catalogue(untimed_schema(schema) for schema in catalogue), _Untimed(schemas), readers)


def untimed_schema(schema: Schema) -> Schema:
    """The schema without its times' logical types."""
    return Schema(schema.name, _stripped(schema.json))


def _stripped(node: Any) -> Any:
    if isinstance(node, dict):
        is_time = isinstance(node.get("logicalType"), str) and node["logicalType"] in _TIMES
        stripped = {name: _stripped(value) for name, value in node.items() if not (is_time and name == "logicalType")}
        return stripped | {NUMBER_OF_TIME: True} if is_time else stripped
    if isinstance(node, list):
        return [_stripped(item) for item in node]
    return node
