"""Avro schemas as Python functions: what fastavro reads, in half the time, for most of what events are made of. Pure.

A call of fastavro sets up a decoder and walks the schema, field by field; here the walk is done once, and leaves
straight code. What a schema holds beyond that (recursion, decimals, dates, …) is fastavro's;
`tests/unit/schemas/test_avro_reader.py` holds one against the other. Names of a schema enter the code as literals only,
so that none can be code itself.
Source: Avro specification, "Binary Encoding".
"""

from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from struct import Struct, error
from typing import Any

Record = dict[str, Any]
#: (bytes, where the record begins) → (the record, where it ends). Whatever it raises means: not this schema. The end
#: may lie behind the bytes' own, if they break off.
Reader = Callable[[bytes, int], tuple[Record, int]]
#: `reader_of`, or what does the same.
Readers = Callable[[Any, Container[str] | None], Reader | None]

_DEEPEST = 12  # Python nests at most 20 loops
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TIMES = {"timestamp-millis": 1000, "timestamp-micros": 1}  # µs of a unit
#: Set on a `long` that holds a time and is wanted as a number: nothing but a hint that it mostly has six bytes.
NUMBER_OF_TIME = "numberOfTime"
_THREE_PAIRS = Struct("<HHH").unpack_from
_NO_PAIR = -1 << 50
#: Two bytes of a number, least first → their 14 bits; of other bytes something that makes any sum negative. The first:
#: both bytes say that more follow; the second: the latter says that it is the last.
_PAIRS = [low & 0x7F | low >> 1 & 0x3F80 if low & 0x8080 == 0x8080 else _NO_PAIR for low in range(1 << 16)]
_LAST_PAIRS = [low & 0x7F | low >> 1 & 0x3F80 if low & 0x8080 == 0x0080 else _NO_PAIR for low in range(1 << 16)]


class _Unsupported(Exception):
    """The schema holds something that fastavro must read."""


def reader_of(schema: Any, wanted: Container[str] | None = None) -> Reader | None:
    """The function for a record's schema, as `fastavro.parse_schema` gives it; None if fastavro must read it.

    Args:
        wanted: the fields of the record that are read; the others are passed over, and not checked beyond their
            lengths. None = all.
    """
    try:
        code = _Code(wanted)
        code.add(f"return {code.value(schema)}, at")
        return code.function()
    except _Unsupported:
        return None


def varint(data: bytes, at: int) -> tuple[int, int]:
    """(unsigned number, where it ends) of a variable-length number of two bytes or more.

    Raises:
        IndexError, ValueError: the bytes break off, or it has more than 64 bits.
    """
    number = data[at] & 127
    byte = data[at + 1]
    if byte < 128:
        return number | byte << 7, at + 2
    number |= (byte & 127) << 7
    shift = 14
    for byte in data[at + 2 : at + 10]:
        if byte < 128:
            return (number | byte << shift) & 0xFFFF_FFFF_FFFF_FFFF, at + 1 + shift // 7
        number |= (byte & 127) << shift
        shift += 7
    raise ValueError("a number that breaks off, or of more than 64 bits")


def moment(data: bytes, at: int) -> tuple[int, int]:
    """As `varint`, in a third of the time for six bytes: what times in ms between 1970-07 and 2039 take."""
    try:
        first, second, third = _THREE_PAIRS(data, at)
    except error:  # fewer than six bytes are left
        return varint(data, at)
    number = _PAIRS[first] + (_PAIRS[second] << 14) + (_LAST_PAIRS[third] << 28)
    return (number, at + 6) if number >= 0 else varint(data, at)


def length(data: bytes, at: int) -> tuple[int, int]:
    """`varint` of a length, still doubled. Raises as it does, and ValueError if it is negative."""
    number, at = varint(data, at) if data[at] > 127 else (data[at], at + 1)
    if number & 1:
        refuse("a negative length")
    return number, at


def refuse(what: str) -> None:
    """Raises ValueError."""
    raise ValueError(what)


class _Code:
    """Lines of a function that reads one schema, and the objects that they mention."""

    def __init__(self, wanted: Container[str] | None = None) -> None:
        self._wanted = wanted
        self._lines: list[str] = []
        self._indent = 1
        self._names = 0
        self._open: dict[str, Any] = {}  # named types, by full name; those being read now are in `_within`
        self._within: list[str] = []
        self._objects: dict[str, Any] = {
            "varint": varint,
            "moment": moment,
            "length": length,
            "refuse": refuse,
            "float_at": Struct("<f").unpack_from,
            "double_at": Struct("<d").unpack_from,
            "EPOCH": EPOCH,
            "timedelta": timedelta,
        }

    def function(self) -> Reader:
        """The lines, compiled."""
        source = "\n".join(["def read(data, at):", *self._lines])
        exec(compile(source, "<avro schema>", "exec"), self._objects)
        read: Reader = self._objects["read"]
        return read

    def add(self, *lines: str) -> None:
        """Appends lines at the present depth."""
        self._lines += [" " * self._indent + line for line in lines]

    def value(self, schema: Any) -> str:
        """Adds what reads a value; returns the expression that then holds it."""
        if isinstance(schema, list):
            return self._union(schema)
        if isinstance(schema, str):
            return self._primitive(schema) if schema in _PRIMITIVES else self._named(schema)
        if "logicalType" in schema:
            return self._time(schema)
        kind = schema["type"]
        if kind == "long" and NUMBER_OF_TIME in schema:
            self._number("moment")
            return self._kept("(number >> 1) ^ -(number & 1)")
        if kind in ("record", "enum", "fixed"):
            self._open[schema["name"]] = schema
            return self._named(schema["name"])
        if kind in ("array", "map"):
            return self._blocks(schema, kind)
        return self.value(kind)

    def _named(self, name: str) -> str:
        schema = self._open.get(name)
        if schema is None or name in self._within or len(self._within) > _DEEPEST:
            raise _Unsupported(name)
        self._within.append(name)
        expression = getattr(self, "_" + schema["type"])(schema)
        self._within.pop()
        return str(expression)

    def _record(self, schema: Any) -> str:
        fields = [(field["name"], self.value(field["type"])) for field in schema["fields"] if self._is_wanted(field)]
        return "{" + ", ".join(f"{name!r}: {value}" for name, value in fields) + "}"

    def _is_wanted(self, field: Any) -> bool:
        """Whether a field is read; if not, adds what passes over it. Only of the outermost record some may not be."""
        if self._wanted is None or len(self._within) > 1 or field["name"] in self._wanted:
            return True
        self._pass(field["type"])
        return False

    def _pass(self, schema: Any) -> None:
        """Adds what passes over a value: texts and times are not made; of anything else no more is saved."""
        kind = schema["type"] if isinstance(schema, dict) else schema
        if isinstance(schema, list):
            self._branches(schema, self._pass)
        elif kind in ("string", "bytes") and "logicalType" not in schema:
            self._length()
            self.add("at += number >> 1")
        elif isinstance(schema, dict) and schema.get("logicalType") in _TIMES:
            self._number("moment")
        else:
            self.value(schema)

    def _enum(self, schema: Any) -> str:
        symbols = self._object(tuple(schema["symbols"]))
        self._number()
        self.add("if number & 1: refuse('a negative symbol')")
        return self._kept(f"{symbols}[number >> 1]")

    def _fixed(self, schema: Any) -> str:
        return self._taken(str(int(schema["size"])), "data[at:end]")

    def _primitive(self, kind: str) -> str:
        if kind == "null":
            return "None"
        if kind == "boolean":
            self.add("at += 1")
            return self._kept("data[at - 1] != 0")
        if kind in ("float", "double"):
            size = 4 if kind == "float" else 8
            self.add(f"at += {size}")
            return self._kept(f"{kind}_at(data, at - {size})[0]")
        if kind in ("int", "long"):
            self._number()
            return self._kept("(number >> 1) ^ -(number & 1)")
        self._length()
        return self._taken("(number >> 1)", "data[at:end].decode()" if kind == "string" else "data[at:end]")

    def _time(self, schema: Any) -> str:
        unit = _TIMES.get(schema["logicalType"])
        if unit is None or schema["type"] != "long":
            raise _Unsupported(schema["logicalType"])
        self._number("moment")
        return self._kept(f"EPOCH + timedelta(0, 0, ((number >> 1) ^ -(number & 1)) * {unit})")

    def _union(self, branches: list[Any]) -> str:
        found = self._name()
        self._branches(branches, lambda branch: self.add(f"{found} = {self.value(branch)}"))
        return found

    def _branches(self, branches: list[Any], add: Callable[[Any], None]) -> None:
        self._number()
        for index, branch in enumerate(branches):
            self.add(f"{'el' if index else ''}if number == {index * 2}:")
            with self._deeper():
                before = len(self._lines)
                add(branch)
                if len(self._lines) == before:
                    self.add("pass")
        self.add("else: refuse('no such branch of a union')")

    def _blocks(self, schema: Any, kind: str) -> str:
        items, left = self._kept("[]" if kind == "array" else "{}"), self._name()
        self.add("while True:")
        with self._deeper():
            self._number()
            self.add("if number == 0: break", f"{left} = (number + 1) >> 1")
            self.add("if number & 1:")
            with self._deeper():
                self._number()  # the block's size, for those who skip it
            self.add(f"for {left} in range({left}):")
            with self._deeper():
                self._item(schema, kind, items)
        return items

    def _item(self, schema: Any, kind: str, items: str) -> None:
        if kind == "array":
            self.add(f"{items}.append({self.value(schema['items'])})")
            return
        key = self.value("string")
        self.add(f"{items}[{key}] = {self.value(schema['values'])}")

    def _number(self, long: str = "varint") -> None:
        """Adds what reads an unsigned number into `number`: mostly one byte, or it is read by the function `long`."""
        self.add("number = data[at]", "at += 1", f"if number > 127: number, at = {long}(data, at - 1)")

    def _length(self) -> None:
        """Adds what reads a length into `number`, doubled."""
        self.add("number = data[at]", "at += 1", "if number > 127 or number & 1: number, at = length(data, at - 1)")

    def _taken(self, length: str, expression: str) -> str:
        self.add(f"end = at + {length}")
        found = self._kept(expression)
        self.add("at = end")
        return found

    def _kept(self, expression: str) -> str:
        name = self._name()
        self.add(f"{name} = {expression}")
        return name

    def _name(self) -> str:
        self._names += 1
        return f"v{self._names}"

    def _object(self, found: Any) -> str:
        name = f"o{len(self._objects)}"
        self._objects[name] = found
        return name

    @contextmanager
    def _deeper(self) -> Iterator[None]:
        self._indent += 1
        if self._indent > _DEEPEST:
            raise _Unsupported("too deep")
        yield
        self._indent -= 1


_PRIMITIVES = frozenset(("null", "boolean", "int", "long", "float", "double", "bytes", "string"))
