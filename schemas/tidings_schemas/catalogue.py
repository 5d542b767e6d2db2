"""The Avro schemas that ship with Tidings, and those that a user adds.

`TIDINGS_SCHEMAS` may name a folder of further `.avsc` files. One record type a file; the record's full name
is the event's type and the registry's subject (RecordNameStrategy).
"""

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any

import fastavro

from .errors import UnknownEventType


@dataclass(frozen=True)
class Schema:
    """One Avro record schema, as JSON and as fastavro wants it."""

    name: str
    json: dict[str, Any]

    @cached_property
    def parsed(self) -> Any:
        """fastavro's parsed form."""
        return fastavro.parse_schema(self.json)

    @cached_property
    def fields(self) -> frozenset[str]:
        """Names of the record's top-level fields."""
        return frozenset(f["name"] for f in self.json["fields"])

    @property
    def text(self) -> str:
        """The schema as JSON text."""
        return json.dumps(self.json)


def schema_from_json(document: Any) -> Schema:
    """A `Schema` from an Avro record's JSON.

    Raises:
        ValueError: it is not a record, or Avro refuses it; the text says where.
    """
    if not isinstance(document, dict) or document.get("type") != "record" or "name" not in document:
        raise ValueError("an event's schema must be an Avro record with a name")
    namespace, name = document.get("namespace"), document["name"]
    if not isinstance(document.get("fields"), list):
        raise ValueError(f"{name}: a record needs a list of fields, which may be empty")
    schema = Schema(f"{namespace}.{name}" if namespace and "." not in name else name, dict(document))
    try:
        _ = schema.parsed
    except Exception as error:  # fastavro raises many kinds
        raise ValueError(f"{schema.name}: {error}") from error
    return schema


class Catalogue:
    """Schemas by full name.

    Raises:
        UnknownEventType: on `[]` with a name that it does not hold.
    """

    def __init__(self, schemas: Iterable[Schema]) -> None:
        self._schemas = {schema.name: schema for schema in schemas}

    def __getitem__(self, name: str) -> Schema:
        try:
            return self._schemas[name]
        except KeyError:
            raise UnknownEventType(f"no schema for {name!r}; known: {', '.join(sorted(self._schemas))}") from None

    def __contains__(self, name: object) -> bool:
        return name in self._schemas

    def __iter__(self) -> Iterator[Schema]:
        return iter(self._schemas.values())


def load(folder: Path | None = None) -> Catalogue:
    """The shipped schemas, and those in `folder` (default: `TIDINGS_SCHEMAS`), which win.

    Raises:
        ValueError: a file is no Avro record schema; the text names the file.
    """
    extra = folder or (Path(os.environ["TIDINGS_SCHEMAS"]) if os.environ.get("TIDINGS_SCHEMAS") else None)
    texts = {f.name: f.read_text() for f in (files(__package__) / "avro").iterdir() if f.name.endswith(".avsc")}
    if extra:
        texts |= {path.name: path.read_text() for path in sorted(extra.glob("*.avsc"))}
    return Catalogue(_load_one(name, text) for name, text in sorted(texts.items()))


def _load_one(name: str, text: str) -> Schema:
    try:
        return schema_from_json(json.loads(text))
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error
