"""Whether what was written by an old schema can still be read by a new one (BACKWARD). Pure.

The `avro` package, Avro's reference implementation, decides; it knows promotions, defaults, aliases, unions and enums.
It looks past logical types, though: a time in milliseconds that becomes one in microseconds reads without an error, and
wrong by a factor of a thousand. So a change of logical type or of its parameters is a fault here too.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import avro.errors
import avro.schema
from avro.compatibility import ReaderWriterCompatibilityChecker

from .catalogue import Schema

_PARAMETERS = ("logicalType", "precision", "scale")


class Fault(NamedTuple):
    """Why `schema` is not fit to follow `version` (counted from 1; 0 = it is no valid schema at all)."""

    schema: str
    version: int
    field: str
    problem: str


def check(schema: Schema, history: Iterable[Schema]) -> list[Fault]:
    """All faults of a schema against every version before it (BACKWARD_TRANSITIVE); `history` oldest first."""
    try:
        new = avro.schema.parse(schema.text)
    except avro.errors.AvroException as error:
        return [Fault(schema.name, 0, "", f"not valid Avro: {error}")]
    return [
        Fault(schema.name, version, *found)
        for version, old in enumerate(history, 1)
        for found in [*_unreadable(schema, new, old), *_reinterpreted(schema.parsed, old.parsed, "")]
    ]


def _unreadable(schema: Schema, new: Any, old: Schema) -> Iterator[tuple[str, str]]:
    checker = ReaderWriterCompatibilityChecker()  # type: ignore[no-untyped-call]
    result = checker.get_compatibility(new, avro.schema.parse(old.text))
    if result.incompatibilities:
        places = sorted(result.locations - {"/"})
        kinds = ", ".join(sorted({kind.value.replace("_", " ") for kind in result.incompatibilities}))
        fields = ", ".join(_field(schema.json, place) for place in places)
        yield fields, f"{kinds}: {', '.join(sorted(map(str, result.messages)))}"


def _field(document: Any, place: str) -> str:
    """The dotted path of a place such as `/fields/0/type`, as the `avro` package tells it."""
    names, before = [], ""
    for token in place.strip("/").split("/"):
        try:
            document = document[int(token)] if token.isdigit() else document[token]
        except (KeyError, IndexError, TypeError):
            break
        if before == "fields":
            names.append(document["name"])
        before = token
    return ".".join(names)


def _reinterpreted(new: Any, old: Any, path: str) -> Iterator[tuple[str, str]]:
    """Places at which the same bytes would come to mean something else."""
    new, old = _only(new), _only(old)
    if not isinstance(new, dict) or not isinstance(old, dict):
        if _meaning(new) != _meaning(old):
            yield path, f"means {_told(new)}, meant {_told(old)}"
        return
    if _meaning(new) != _meaning(old):
        yield path, f"means {_told(new)}, meant {_told(old)}"
    for inner in ("items", "values"):
        if inner in new and inner in old:
            yield from _reinterpreted(new[inner], old[inner], path)
    before = {field["name"]: field["type"] for field in old.get("fields", ())}
    for field in new.get("fields", ()):
        if field["name"] in before:
            inside = f"{path}.{field['name']}" if path else field["name"]
            yield from _reinterpreted(field["type"], before[field["name"]], inside)


def _only(schema: Any) -> Any:
    """The one branch beside null of a union, where there is just one; else the schema itself."""
    if isinstance(schema, list):
        branches = [branch for branch in schema if branch != "null"]
        return branches[0] if len(branches) == 1 else schema
    return schema


def _meaning(schema: Any) -> tuple[Any, ...]:
    return tuple(schema.get(name) for name in _PARAMETERS) if isinstance(schema, dict) else (None,) * len(_PARAMETERS)


def _told(schema: Any) -> str:
    if not isinstance(schema, dict) or "logicalType" not in schema:
        return "a plain value"
    return json.dumps({name: schema[name] for name in _PARAMETERS if name in schema})
