"""An Avro schema as the program that `frames.c` runs. Pure."""

from collections.abc import Mapping
from typing import Any

import orjson

_PRIMITIVES = {"string": b"s", "int": b"i", "long": b"i", "boolean": b"b", "null": b"n"}
_TIMES = {"timestamp-millis": b"t", "timestamp-micros": b"u"}
_ROLES = {("id", b"s"): b"I", ("user", b"s"): b"U"}


class Unsupported(Exception):
    """The schema holds something that is Python's to read."""


def program(schema: Mapping[str, Any]) -> bytes:
    """For a notification's schema, as `fastavro.parse_schema` gives it.

    Raises:
        Unsupported: it holds what `frames.c` does not know, or lacks what it must check.
    """
    fields = {field["name"]: _value(field["type"]) for field in schema["fields"]}
    if (fields.get("id"), fields.get("user")) != (b"s", b"s"):
        raise Unsupported("a notification has an id and a user")
    parts, before = [], "{"
    for name, code in fields.items():
        parts.append(_literal(f"{before}{orjson.dumps(name).decode()}:"))
        parts.append(b"X" + code if name == "expires_at" else _ROLES.get((name, code), code))
        before = ","
    return b"".join([*parts, _literal("}")])


def _value(schema: Any) -> bytes:
    if isinstance(schema, list):
        return _block(b"|", [_sized(2, _value(branch)) for branch in schema])
    if isinstance(schema, str):
        return _known(_PRIMITIVES, schema)
    if "logicalType" in schema:
        return _known(_TIMES, schema["logicalType"] if schema["type"] == "long" else "")
    if schema["type"] == "enum":
        return _block(b"e", [_sized(1, orjson.dumps(symbol)) for symbol in schema["symbols"]])
    if schema["type"] == "array":
        return b"[" + _sized(2, _value(schema["items"]))
    return _known(_PRIMITIVES, schema["type"])


def _known(codes: Mapping[str, bytes], name: Any) -> bytes:
    if not isinstance(name, str) or name not in codes:
        raise Unsupported(str(name))
    return codes[name]


def _literal(text: str) -> bytes:
    return b'"' + _sized(2, text.encode())


def _block(code: bytes, parts: list[bytes]) -> bytes:
    whole = b"".join(parts)
    return code + _number(2, len(whole)) + _number(1, len(parts)) + whole


def _sized(width: int, text: bytes) -> bytes:
    return _number(width, len(text)) + text


def _number(width: int, number: int) -> bytes:
    try:
        return number.to_bytes(width, "little")
    except OverflowError:
        raise Unsupported("too long") from None
