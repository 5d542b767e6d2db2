"""Avro object container files: one for each record type, because a container has one schema.

Each row is a `tidings.Replayed` record: where it lay, its attributes, and `data` in the event's own schema, whose
properties (docs, `personal`) are kept.
"""

import copy
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

import fastavro
import pyarrow as pa
from fastavro.write import Writer as Container
from tidings_schemas.catalogue import Schema

from tidings_replay.core.decode import TEXT, TOMBSTONE
from tidings_replay.core.envelope import NAMES

from .base import discard, publish, temporary

_STAMP = {"type": "long", "logicalType": "timestamp-millis"}
_TIME = {"type": "long", "logicalType": "timestamp-micros"}
_OPTIONAL = ["null", "string"]


def container_schema(data: Schema | None) -> dict[str, Any]:
    """The schema of a container whose `data` follows `data`; None = plain text or nothing."""
    fields = [
        {"name": "topic", "type": "string"},
        {"name": "partition", "type": "int"},
        {"name": "offset", "type": "long"},
        {"name": "timestamp", "type": ["null", _STAMP], "default": None},
        *({"name": name, "type": _OPTIONAL, "default": None} for name in ("key", "id", "source", "type", "subject")),
        {"name": "time", "type": ["null", _TIME], "default": None},
        {"name": "headers", "type": {"type": "map", "values": _OPTIONAL}, "default": {}},
        {"name": "data", "type": ["null", _optional(data.json) if data else "string"], "default": None},
    ]
    return {"type": "record", "name": "Replayed", "namespace": "tidings.replay", "fields": fields}


def _optional(record: Mapping[str, Any]) -> dict[str, Any]:
    """The event's schema as it is; masked values that are no text are null, so personal fields must allow it."""
    document = copy.deepcopy(dict(record))
    for field in document["fields"]:
        if field.get("personal") and field["type"] != "string" and not isinstance(field["type"], list):
            field["type"] = ["null", field["type"]]
    return document


class AvroFiles:
    """`name.avro` for one record type; `name.<Type>.avro` for each of several.

    Args:
        schema_of: the Avro schema of a record type.
    """

    def __init__(self, target: Path, schema_of: Callable[[str], Schema | None]) -> None:
        self._target = target
        self._schema_of = schema_of
        self._open: dict[str, tuple[Path, IO[bytes], Container, frozenset[str]]] = {}
        self.rows = 0

    def write(self, table: pa.Table) -> None:
        """See `Writer.write`."""
        for row in table.to_pylist(maps_as_pydicts="lossy"):
            name = row["_type"]
            if name not in self._open:
                self._start(name)
            _, _, container, fields = self._open[name]
            container.write(_replayed(row, fields))
        self.rows += table.num_rows

    def close(self, metadata: Mapping[str, str]) -> list[str]:
        """See `Writer.close`; the classification is in the schema's own properties."""
        for _, file, container, _ in self._open.values():
            container.flush()
            file.close()
        done = [publish(part, self._path(name)) for name, (part, *_) in self._open.items()]
        self._open = {}
        return done

    def abort(self) -> None:
        """See `Writer.abort`."""
        for part, file, _, _ in self._open.values():
            discard(part, file)

    def _start(self, name: str) -> None:
        schema = None if name in (TOMBSTONE, TEXT) else self._schema_of(name)
        part = temporary(self._target.with_name(f"{self._target.stem}.{name}{self._target.suffix}"))
        file = part.open("wb")
        fields = schema.fields if schema else frozenset({"text"})
        try:
            container = Container(file, fastavro.parse_schema(container_schema(schema)), codec="deflate")
        except OSError:
            discard(part, file)
            raise
        self._open[name] = part, file, container, fields

    def _path(self, name: str) -> Path:
        if len(self._open) == 1:
            return self._target
        return self._target.with_name(f"{self._target.stem}.{name.rpartition('.')[2]}{self._target.suffix}")


def _replayed(row: Mapping[str, Any], fields: frozenset[str]) -> dict[str, Any]:
    around = {name[1:]: row[name] for name in NAMES if name != "_headers"}
    data: Any = {name: row.get(name) for name in fields}
    if fields == {"text"}:
        data = row.get("text")
    return {**around, "headers": dict(row["_headers"] or {}), "data": data}
