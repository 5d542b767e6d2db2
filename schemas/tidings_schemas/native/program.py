"""An Avro schema as the program that `avro.c` runs. Pure."""

from collections.abc import Callable, Container
from datetime import timedelta
from typing import Any

from tidings_schemas.avro_reader import EPOCH

_PRIMITIVES = {
    **{"null": b"n", "boolean": b"b", "int": b"i", "long": b"i", "float": b"f", "double": b"d"},
    **{"string": b"s", "bytes": b"y"},
}
_TIMES = {"timestamp-millis": b"t", "timestamp-micros": b"u"}
_PASSED = {"string": b"S", "bytes": b"S", "int": b"N", "long": b"N"}
_NOBODY = b"\xff\xff"
_MOST = 0xFFFE  # objects


class Unsupported(Exception):
    """The schema holds something that is Python's to read."""


def program(schema: Any, wanted: Container[str] | None = None) -> tuple[bytes, tuple[Any, ...]]:
    """(program, the objects that it mentions) for a record's schema, as `fastavro.parse_schema` gives it.

    Args:
        wanted: the fields of the record that are read; the others are passed over. None = all.

    Raises:
        Unsupported: it holds what `avro.c` does not know.
    """
    made = _Program(wanted)
    code = made.value(schema)
    return code, tuple(made.objects)


class _Program:
    def __init__(self, wanted: Container[str] | None) -> None:
        self.objects: list[Any] = [None, EPOCH, timedelta]
        self._wanted = wanted
        self._named: dict[str, Any] = {}
        self._within: list[str] = []

    def value(self, schema: Any) -> bytes:
        """What reads a value."""
        if isinstance(schema, list):
            return _union(schema, self.value)
        if isinstance(schema, str):
            return _PRIMITIVES.get(schema) or self._of_name(schema)
        kind = schema["type"]
        if "logicalType" in schema:
            return _known(_TIMES, schema["logicalType"] if kind == "long" else "")
        if kind in ("record", "enum", "fixed"):
            self._named[schema["name"]] = schema
            return self._of_name(schema["name"])
        if kind in ("array", "map"):
            return _items(b"[", self.value(schema["items"])) if kind == "array" else self._map(schema)
        return self.value(kind)

    def _map(self, schema: Any) -> bytes:
        return _items(b"{", self.value(schema["values"]))

    def _of_name(self, name: str) -> bytes:
        schema = self._named.get(name)
        if schema is None or name in self._within:
            raise Unsupported(name)
        self._within.append(name)
        code = {"record": self._record, "enum": self._enum, "fixed": _fixed}[schema["type"]](schema)
        self._within.pop()
        return code

    def _record(self, schema: Any) -> bytes:
        fields = [self._field(field) for field in schema["fields"]]
        return b"r" + _number(2, len(fields)) + b"".join(fields)

    def _field(self, field: Any) -> bytes:
        if self._wanted is None or len(self._within) > 1 or field["name"] in self._wanted:
            return self._object(field["name"]) + self.value(field["type"])
        return _NOBODY + self._passed(field["type"])

    def _passed(self, schema: Any) -> bytes:
        """What passes over a value: texts and times are not made; of anything else no more is saved."""
        if isinstance(schema, list):
            return _union(schema, self._passed)
        kind = schema["type"] if isinstance(schema, dict) else schema
        logical = schema.get("logicalType") if isinstance(schema, dict) else None
        code = _PASSED.get(kind) if isinstance(kind, str) and (logical is None or logical in _TIMES) else None
        return code or self.value(schema)

    def _enum(self, schema: Any) -> bytes:
        first, *_ = [self._object(symbol) for symbol in schema["symbols"]]
        return b"e" + first + _number(2, len(schema["symbols"]))

    def _object(self, found: Any) -> bytes:
        self.objects.append(found)
        if len(self.objects) > _MOST:
            raise Unsupported("too many names")
        return _number(2, len(self.objects) - 1)


def _fixed(schema: Any) -> bytes:
    return b"F" + _number(2, int(schema["size"]))


def _union(branches: list[Any], code_of: Callable[[Any], bytes]) -> bytes:
    codes = [code_of(branch) for branch in branches]
    whole = b"".join(_number(2, len(code)) + code for code in codes)
    return b"|" + _number(2, len(whole)) + _number(1, len(codes)) + whole


def _items(code: bytes, item: bytes) -> bytes:
    return code + _number(2, len(item)) + item


def _known(codes: dict[str, bytes], name: Any) -> bytes:
    if not isinstance(name, str) or name not in codes:
        raise Unsupported(str(name))
    return codes[name]


def _number(width: int, number: int) -> bytes:
    try:
        return number.to_bytes(width, "little")
    except OverflowError:
        raise Unsupported("too long") from None
