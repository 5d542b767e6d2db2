"""What kinds of values a condition meets: CEL's types, as far as an Avro schema tells them beforehand."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Kind:
    """A CEL type.

    Attributes:
        name: `int`, `double`, `string`, `bytes`, `bool`, `null`, `timestamp`, `list`, `map`, `record` or `any`.
        nullable: whether a value may also be null.
        item: kind of a list's items or of a map's values.
        fields: a record's fields.
    """

    name: str
    nullable: bool = False
    item: "Kind | None" = None
    fields: Mapping[str, "Kind"] = field(default_factory=dict)

    @property
    def holds_time(self) -> bool:
        """Whether a timestamp may be somewhere in a value of this kind."""
        inner = (self.item,) if self.item else tuple(self.fields.values())
        return self.name in ("timestamp", "any") or any(kind.holds_time for kind in inner)

    def __str__(self) -> str:
        return self.name + (" or null" if self.nullable else "")


INT, DOUBLE, STRING, BYTES = Kind("int"), Kind("double"), Kind("string"), Kind("bytes")
BOOL, NULL, TIMESTAMP, ANY = Kind("bool"), Kind("null"), Kind("timestamp"), Kind("any")
#: Kinds that are compared by value in Python just as in CEL.
PLAIN = frozenset(("int", "string", "bytes", "bool", "timestamp"))
NUMBERS = frozenset(("int", "double"))

_PRIMITIVE = {
    "null": NULL,
    "boolean": BOOL,
    "int": INT,
    "long": INT,
    "float": DOUBLE,
    "double": DOUBLE,
    "string": STRING,
    "bytes": BYTES,
}
_LOGICAL = {"timestamp-millis": TIMESTAMP, "timestamp-micros": TIMESTAMP}


def kind_of(schema: Any) -> Kind:
    """The kind of an Avro schema's values, as fastavro decodes them. A named type that is only referred to is `any`."""
    if isinstance(schema, list):
        return _union([kind_of(branch) for branch in schema])
    if isinstance(schema, str):
        return _PRIMITIVE.get(schema, ANY)
    if "logicalType" in schema:
        return _LOGICAL.get(schema["logicalType"], ANY)
    return _complex(schema)


def _complex(schema: Mapping[str, Any]) -> Kind:
    match schema["type"]:
        case "record":
            return Kind("record", fields={f["name"]: kind_of(f["type"]) for f in schema["fields"]})
        case "enum":
            return STRING
        case "fixed":
            return BYTES
        case "array":
            return Kind("list", item=kind_of(schema["items"]))
        case "map":
            return Kind("map", item=kind_of(schema["values"]))
        case other:
            return kind_of(other)


def _union(branches: list[Kind]) -> Kind:
    others = [branch for branch in branches if branch != NULL]
    if not others:
        return NULL
    kind = others[0] if all(other == others[0] for other in others) else ANY
    return replace(kind, nullable=len(others) < len(branches)) if kind != ANY else ANY
