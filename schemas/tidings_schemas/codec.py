"""Bytes ↔ records: Avro in Confluent's wire format. Pure: where schemas come from is passed in."""

from collections.abc import Mapping
from io import BytesIO
from typing import Any, Protocol

from fastavro import schemaless_reader, schemaless_writer

from . import framing
from .avro_reader import Reader, Readers, reader_of
from .catalogue import Catalogue, Schema
from .errors import InvalidEvent, UndecodableValue, UnknownSchemaId
from .fit import Check, Checks, Misfit

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

    Args:
        readers: makes the functions that read; `native.avro` has quicker ones.
    """

    def __init__(self, catalogue: Catalogue, schemas: Schemas, readers: Readers = reader_of) -> None:
        self.catalogue = catalogue
        self._schemas = schemas
        self._reader_of = readers
        self._prefixes: dict[str, bytes] = {}
        self._writers: dict[str, tuple[Any, Check]] = {}
        self._readers: dict[tuple[bytes, frozenset[str] | None], tuple[str, Reader]] = {}

    def encode(self, name: str, record: Mapping[str, Any]) -> bytes:
        """The framed Avro bytes of `record`, by the schema called `name`.

        Raises:
            UnknownEventType: no schema of that name.
            InvalidEvent: the record does not fit; `field` names the first offender.
            SchemaNotRegistered, RegistryUnavailable: see `Schemas.id_of`.
        """
        parsed = self._checked(name, record)
        prefix = self._prefixes.get(name)
        if prefix is None:
            self.learn_id_of(name)
            prefix = self._prefixes[name]
        buffer = BytesIO(prefix)
        buffer.seek(framing.SIZE)
        try:
            schemaless_writer(buffer, parsed, record)
        except Exception as error:  # what the quick check leaves to the writer: lone surrogates, a decimal's scale
            misfit = Checks().of(parsed).check(record)
            raise invalid(name, misfit or Misfit("", str(error))) from error
        return buffer.getvalue()

    def decode(self, value: bytes | None, wanted: frozenset[str] | None = None) -> tuple[str, Record]:
        """(record's full name, its fields) of framed Avro bytes.

        Args:
            wanted: fields that the caller will look at; of the others any may be left out, unread and unchecked: for
                bytes that were decoded as a whole before. None = all.

        Raises:
            UndecodableValue: the bytes do not fit the schema that they name.
            UnknownSchemaId, RegistryUnavailable: see `Schemas.by_id`.
        """
        found = self._readers.get((value[: framing.SIZE], wanted)) if value is not None else None
        if found is None:
            found = self._learn_reader(value, wanted)
        assert value is not None
        name, read = found
        try:
            record, end = read(value, framing.SIZE)
        except Exception as error:  # EOFError, IndexError, UnicodeDecodeError, … : all mean "not this schema"
            raise UndecodableValue(f"{_of(name, value)}: {error or type(error).__name__}") from error
        if end != len(value):
            wrong = f"{len(value) - end} bytes left over" if end < len(value) else "the bytes break off"
            raise UndecodableValue(f"{_of(name, value)}: {wrong}")
        return name, record

    def writer(self, schema_id: int) -> Schema:
        """The schema that wrote values of this id.

        Raises:
            UnknownSchemaId, RegistryUnavailable: see `Schemas.by_id`.
        """
        return self._schemas.by_id(schema_id)

    def check(self, name: str, record: Mapping[str, Any]) -> None:
        """Whether `encode` would take the record, without asking for the schema's id.

        Raises:
            UnknownEventType, InvalidEvent: as `encode`.
        """
        self._checked(name, record)

    def knows_id_of(self, name: str) -> bool:
        """Whether `encode` can write records of this name without asking anyone."""
        return name in self._prefixes

    def learn_id_of(self, name: str) -> None:
        """Asks for the id of the schema called `name`, so that `encode` need not.

        Raises:
            UnknownEventType: no schema of that name.
            SchemaNotRegistered, RegistryUnavailable: see `Schemas.id_of`.
        """
        self._prefixes[name] = framing.prefix(self._schemas.id_of(self.catalogue[name]))

    def _checked(self, name: str, record: Mapping[str, Any]) -> Any:
        writer = self._writers.get(name)
        if writer is None:
            parsed = self.catalogue[name].parsed
            writer = self._writers[name] = parsed, Checks(thorough=False).of(parsed).check
        parsed, check = writer
        misfit = check(record)
        if misfit is not None:
            raise invalid(name, misfit)
        return parsed

    def _learn_reader(self, value: bytes | None, wanted: frozenset[str] | None) -> tuple[str, Reader]:
        writer = self._schemas.by_id(framing.schema_id_of(value))
        assert value is not None
        found = self._readers[value[: framing.SIZE], wanted] = writer.name, self._reader(writer, wanted)
        return found

    def _reader(self, writer: Schema, wanted: frozenset[str] | None) -> Reader:
        if writer.name in self.catalogue and not alike(writer, self.catalogue[writer.name]):
            return _resolving(writer.parsed, self.catalogue[writer.name].parsed)
        return self._reader_of(writer.parsed, wanted) or _resolving(writer.parsed, None)


def _of(name: str, value: bytes) -> str:
    return f"{name} (schema id {framing.schema_id_of(value)})"


def alike(writer: Schema, reader: Schema) -> bool:
    """Whether both mean the same, so that nothing need be resolved.

    Names are compared as they are meant: registries give a schema back with names spelt out, or not, as they like.
    """
    same: bool = writer.parsed == reader.parsed
    return same


def _resolving(writer: Any, reader: Any) -> Reader:
    """By fastavro, which knows all of Avro."""

    def read(value: bytes, at: int) -> tuple[Record, int]:
        buffer = BytesIO(value)
        buffer.seek(at)
        record: Any = schemaless_reader(buffer, writer, reader)
        return record, buffer.tell()

    return read


def invalid(name: str, misfit: Misfit) -> InvalidEvent:
    """The error that says which field of the record `name` does not fit."""
    where = f"field {misfit.path!r}: " if misfit.path else ""
    return InvalidEvent(f"{name}: {where}{misfit.problem}", misfit.path)
