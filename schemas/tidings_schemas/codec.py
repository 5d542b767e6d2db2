"""Bytes ↔ records: Avro in Confluent's wire format. Pure: where schemas come from is passed in."""

from collections.abc import Mapping
from io import BytesIO
from typing import Any, Protocol

from fastavro import schemaless_reader, schemaless_writer
from fastavro.validation import ValidationError, validate

from . import framing
from .catalogue import Catalogue, Schema
from .errors import InvalidEvent, UndecodableValue, UnknownSchemaId

Record = dict[str, Any]


class Schemas(Protocol):
    """Where a codec finds schemas: a registry, or a dict in a test."""

    def by_id(self, schema_id: int) -> Schema:
        """The schema of this id.

        Raises:
            UnknownSchemaId: there is none (permanent).
            RegistryUnavailable: not known here and the registry does not answer (transient).
        """

    def id_of(self, schema: Schema) -> int:
        """The id under which the schema is registered.

        Raises:
            SchemaNotRegistered: it is not (permanent).
            RegistryUnavailable: not known here and the registry does not answer (transient).
        """


class FixedSchemas:
    """Schemas that are numbered in order from 1, without a registry: for tests, benches and offline use."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._schemas = dict(enumerate(catalogue, 1))
        self._ids = {schema.name: number for number, schema in self._schemas.items()}

    def by_id(self, schema_id: int) -> Schema:
        """As `Schemas.by_id`; never `RegistryUnavailable`."""
        if schema_id not in self._schemas:
            raise UnknownSchemaId(f"no schema has id {schema_id}")
        return self._schemas[schema_id]

    def id_of(self, schema: Schema) -> int:
        """As `Schemas.id_of`; never raises for a schema of the catalogue."""
        return self._ids[schema.name]


class Codec:
    """Encodes records by the catalogue's schemas and decodes whatever a known schema id wrote.

    A record is read by the catalogue's schema of the same name where there is one, so that old bytes come out
    in today's shape (Avro schema resolution); else as it was written.
    """

    def __init__(self, catalogue: Catalogue, schemas: Schemas) -> None:
        self.catalogue = catalogue
        self._schemas = schemas
        self._prefixes: dict[str, bytes] = {}
        self._readers: dict[int, tuple[str, Any, Any]] = {}

    def encode(self, name: str, record: Mapping[str, Any]) -> bytes:
        """The framed Avro bytes of `record`, by the schema called `name`.

        Raises:
            UnknownEventType: no schema of that name.
            InvalidEvent: the record does not fit; `field` names the first offender.
            SchemaNotRegistered, RegistryUnavailable: see `Schemas.id_of`.
        """
        schema = self.catalogue[name]
        prefix = self._prefixes.get(name)
        if prefix is None:
            prefix = self._prefixes[name] = framing.prefix(self._schemas.id_of(schema))
        buffer = BytesIO(prefix)
        buffer.seek(framing.SIZE)
        try:
            schemaless_writer(buffer, schema.parsed, record, strict_allow_default=True)
        except Exception as error:  # fastavro raises TypeError, ValueError, KeyError, … : all mean "does not fit"
            raise _invalid(schema, record, error) from error
        return buffer.getvalue()

    def decode(self, value: bytes | None) -> tuple[str, Record]:
        """(record's full name, its fields) of framed Avro bytes.

        Raises:
            UndecodableValue: the bytes do not fit the schema that they name.
            UnknownSchemaId, RegistryUnavailable: see `Schemas.by_id`.
        """
        schema_id = framing.schema_id_of(value)
        assert value is not None
        found = self._readers.get(schema_id)
        if found is None:
            found = self._readers[schema_id] = self._reader(schema_id)
        name, writer, reader = found
        buffer = BytesIO(value)
        buffer.seek(framing.SIZE)
        try:
            record = schemaless_reader(buffer, writer, reader)
        except Exception as error:  # EOFError, IndexError, UnicodeDecodeError, … : all mean "not this schema"
            raise UndecodableValue(f"{name} (schema id {schema_id}): {error or type(error).__name__}") from error
        if buffer.tell() != len(value):
            raise UndecodableValue(f"{name} (schema id {schema_id}): {len(value) - buffer.tell()} bytes left over")
        return name, record  # type: ignore[return-value]

    def _reader(self, schema_id: int) -> tuple[str, Any, Any]:
        writer = self._schemas.by_id(schema_id)
        if writer.name not in self.catalogue:
            return writer.name, writer.parsed, None
        reader = self.catalogue[writer.name]
        same = reader.json == writer.json
        return writer.name, writer.parsed, None if same else reader.parsed


def _invalid(schema: Schema, record: Mapping[str, Any], cause: Exception) -> InvalidEvent:
    for spec in schema.json["fields"]:
        name = spec["name"]
        if name not in record and "default" not in spec:
            return InvalidEvent(f"{schema.name}: field {name!r} is missing", name)
    for name in record:
        if name not in schema.fields:
            return InvalidEvent(f"{schema.name}: there is no field {name!r}", name)
    try:
        validate(dict(record), schema.parsed, raise_errors=True)
    except ValidationError as error:
        first = error.errors[0]
        field = str(first.field).removeprefix(schema.name).lstrip(".")
        return InvalidEvent(f"{schema.name}: field {field!r}: {first.datum!r} is not {_kind(first.schema)}", field)
    return InvalidEvent(f"{schema.name}: {cause}")


def _kind(schema: Any) -> str:
    if isinstance(schema, list):
        return " or ".join(_kind(branch) for branch in schema)
    if isinstance(schema, dict):
        return str(schema.get("logicalType") or schema.get("name") or schema.get("type"))
    return str(schema)
