"""Whether a record fits its Avro schema, and if not, which field is to blame. Pure.

fastavro's writer is lenient where a producer's mistake hides: it writes `True` as the int 1, 1.5 as 1, 2**40 into a
32-bit int, any object as a boolean, a naive datetime in the machine's zone. Its own validator is strict but takes four
times as long as the writing itself and lets naive datetimes pass. So each schema is compiled once to closures.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from numbers import Integral, Real
from typing import Any, NamedTuple
from uuid import UUID


class Misfit(NamedTuple):
    """The first value that does not fit: `path` such as `quiet_hours.days[0]`, and what was wrong with it."""

    path: str
    problem: str

    def inside(self, outer: str) -> "Misfit":
        """The same, seen from a record, array or map around it."""
        return Misfit(outer + ("." if self.path and self.path[0] != "[" else "") + self.path, self.problem)


#: None when the value fits.
Check = Callable[[Any], Misfit | None]
_MISSING = object()
_INT, _LONG = 2**31, 2**63
_SINGLE = 3.4028235677973366e38  # from here on a 32-bit float rounds to infinity


class Fit(NamedTuple):
    """How to check values of one type: those of the `at_sight` types fit, all others must pass `check`."""

    at_sight: frozenset[type]
    check: Check


def compile_check(parsed: Mapping[str, Any], thorough: bool = True) -> Check:
    """The check of a schema in fastavro's parsed form (`Schema.parsed`).

    Without `thorough`, strings are not searched for lone surrogates, which the writer itself refuses.
    """
    named: dict[str, Fit] = {}

    def build(schema: Any) -> Fit:
        if isinstance(schema, list):
            return _union([build(branch) for branch in schema], describe(schema))
        kind = schema["type"] if isinstance(schema, dict) else schema
        if isinstance(kind, dict | list):
            return build(kind)
        match kind:
            case "array":
                return _array(build(schema["items"]))
            case "map":
                return _map(build(schema["values"]))
            case "record" | "error":
                fields: dict[str, Fit] = {}
                named[schema["name"]] = record = _record(schema, fields)
                fields.update({field["name"]: build(field["type"]) for field in schema["fields"]})
                return record
            case "enum" | "fixed":
                named[schema["name"]] = fit = _enum(schema) if kind == "enum" else _fixed(schema)
                return fit
            case "string" if not thorough:
                return _scalar(schema, kind, frozenset({str}))
        return _scalar(schema, kind) if kind in _CHECKS else named[kind]

    return build(parsed).check


def describe(schema: Any) -> str:
    """What a schema wants, in a few words: `null or timestamp-millis`."""
    if isinstance(schema, list):
        return " or ".join(describe(branch) for branch in schema)
    if isinstance(schema, dict):
        return str(schema.get("logicalType") or schema.get("name") or describe(schema["type"]))
    return str(schema)


def shown(value: Any) -> str:
    """A value for an error's text, cut to a line."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _record(schema: Mapping[str, Any], fields: dict[str, Fit]) -> Fit:
    defaults = {field["name"] for field in schema["fields"] if "default" in field}

    def check(value: Any) -> Misfit | None:
        if not isinstance(value, Mapping):
            return Misfit("", f"{shown(value)} is not a record")
        absent = 0
        for name, (at_sight, fits) in fields.items():
            item = value.get(name, _MISSING)
            if type(item) in at_sight:
                continue
            if item is _MISSING:
                if name not in defaults:
                    return Misfit(name, "is missing")
                absent += 1
            elif (misfit := fits(item)) is not None:
                return misfit.inside(name)
        if len(fields) - absent != len(value):
            return next(Misfit(str(name), "is not in the schema") for name in value if name not in fields)
        return None

    return Fit(frozenset(), check)


def _union(branches: list[Fit], wanted: str) -> Fit:
    def check(value: Any) -> Misfit | None:
        misfits = []
        for branch in branches:
            misfit = branch.check(value)
            if misfit is None:
                return None
            misfits.append(misfit)
        # What a nested record or array complains of says more than the list of branches.
        deeper = [misfit for misfit in misfits if misfit.path]
        return deeper[0] if len(deeper) == 1 else Misfit("", f"{shown(value)} is not {wanted}{_hint(value)}")

    return Fit(frozenset().union(*(branch.at_sight for branch in branches)), check)


def _array(items: Fit) -> Fit:
    def check(value: Any) -> Misfit | None:
        if not isinstance(value, list | tuple):
            return Misfit("", f"{shown(value)} is not an array")
        for index, item in enumerate(value):
            if type(item) not in items.at_sight and (misfit := items.check(item)) is not None:
                return misfit.inside(f"[{index}]")
        return None

    return Fit(frozenset(), check)


def _map(values: Fit) -> Fit:
    def check(value: Any) -> Misfit | None:
        if not isinstance(value, Mapping):
            return Misfit("", f"{shown(value)} is not a map")
        for key, item in value.items():
            misfit = values.check(item) if _string(key) else Misfit("", "has a key that is not a string")
            if misfit is not None:
                return misfit.inside(f"[{key!r}]")
        return None

    return Fit(frozenset(), check)


def _enum(schema: Mapping[str, Any]) -> Fit:
    symbols = frozenset(schema["symbols"])
    wanted = ", ".join(schema["symbols"])

    def check(value: Any) -> Misfit | None:
        fits = isinstance(value, str) and value in symbols
        return None if fits else Misfit("", f"{shown(value)} is none of {wanted}")

    return Fit(frozenset(), check)


def _fixed(schema: Mapping[str, Any]) -> Fit:
    size = schema["size"]
    logical = _LOGICAL.get(schema.get("logicalType", ""), _never)

    def check(value: Any) -> Misfit | None:
        fits = (isinstance(value, bytes | bytearray) and len(value) == size) or logical(value)
        return None if fits else Misfit("", f"{shown(value)} is not {size} bytes")

    return Fit(frozenset(), check)


def _scalar(schema: Any, kind: str, at_sight: frozenset[type] | None = None) -> Fit:
    wanted, base = describe(schema), _CHECKS[kind]
    # A logical type that nobody here knows is its base type (Avro 1.12, "Logical Types").
    logical = _LOGICAL.get(schema.get("logicalType", ""), _never) if isinstance(schema, dict) else _never
    first, second = (base, _never) if logical is _never else (logical, base)

    def check(value: Any) -> Misfit | None:
        if first(value) or second(value):
            return None
        return Misfit("", f"{shown(value)} is not {wanted}{_hint(value)}")

    return Fit(_AT_SIGHT.get(kind, frozenset()) if at_sight is None else at_sight, check)


def _hint(value: Any) -> str:
    return " (say which zone)" if isinstance(value, datetime) and value.tzinfo is None else ""


def _within(limit: int) -> Callable[[Any], bool]:
    def whole(value: Any) -> bool:
        if type(value) is int:
            return -limit <= value < limit
        return isinstance(value, Integral) and not isinstance(value, bool) and -limit <= int(value) < limit

    return whole


def _number(value: Any) -> bool:
    return type(value) is float or (isinstance(value, Real) and not isinstance(value, bool))


def _single(value: Any) -> bool:
    return _number(value) and (value != value or abs(value) < _SINGLE or abs(value) == float("inf"))


def _string(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    return value.isascii() or not any("\ud800" <= char <= "\udfff" for char in value)


def _never(_: Any) -> bool:
    return False


def _aware(value: Any) -> bool:
    return isinstance(value, datetime) and value.tzinfo is not None


def _naive(value: Any) -> bool:
    return isinstance(value, datetime) and value.tzinfo is None


_CHECKS: dict[str, Callable[[Any], bool]] = {
    "null": lambda value: value is None,
    "boolean": lambda value: value is True or value is False,
    "int": _within(_INT),
    "long": _within(_LONG),
    "float": _single,
    "double": _number,
    "bytes": lambda value: isinstance(value, bytes | bytearray),
    "string": _string,
}
_AT_SIGHT: dict[str, frozenset[type]] = {
    "null": frozenset({type(None)}),
    "boolean": frozenset({bool}),
    "double": frozenset({float}),
    "bytes": frozenset({bytes}),
}
_LOGICAL: dict[str, Callable[[Any], bool]] = {
    "timestamp-millis": _aware,
    "timestamp-micros": _aware,
    "local-timestamp-millis": _naive,
    "local-timestamp-micros": _naive,
    "date": lambda value: isinstance(value, date) and not isinstance(value, datetime),
    "time-millis": lambda value: isinstance(value, time),
    "time-micros": lambda value: isinstance(value, time),
    "decimal": lambda value: isinstance(value, Decimal),
    "uuid": lambda value: isinstance(value, UUID),
}
