"""Whether a record fits its Avro schema, and if not, which field is to blame. Pure.

fastavro's writer is lenient where a producer's mistake hides: it writes `True` as the int 1, 1.5 as 1, 2**40 into a
32-bit int, any object as a boolean, a naive datetime in the machine's zone. Its own validator is strict but takes four
times as long as the writing itself and lets naive datetimes pass. So each schema is compiled once to closures.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from reprlib import Repr
from typing import Any, NamedTuple

from .fit_scalar import AT_SIGHT, LOGICAL, PRIMITIVES, is_text


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
_WIDTH = 80  # characters of a value in an error's text


class Fit(NamedTuple):
    """How to check values of one type, quick ways first.

    Attributes:
        at_sight: values of just these Python types fit.
        fits: whether any other value does.
        explain: what is wrong with a value, or None.
    """

    at_sight: frozenset[type]
    fits: Callable[[Any], bool]
    explain: Check

    def check(self, value: Any) -> Misfit | None:
        """What is wrong with the value, or None."""
        if type(value) in self.at_sight or self.fits(value):
            return None
        return self.explain(value)


class _Outline(Repr):
    """Not `repr`: that takes as long as the value is large, and raises for a thousand nested arrays or 5,000 digits."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlevel = 4
        self.maxstring = self.maxother = _WIDTH

    def repr_int(self, x: int, level: int) -> str:
        return repr(x) if abs(x) < 10**_WIDTH else f"a whole number of {x.bit_length()} bits"


_OUTLINE = _Outline()


class Checks:
    """Compiles checks of schemas in fastavro's parsed form (`Schema.parsed`); what was named once can be referred to.

    Without `thorough`, strings are not searched for lone surrogates, which the writer itself refuses.
    """

    def __init__(self, thorough: bool = True) -> None:
        self._thorough = thorough
        self._named: dict[str, Fit] = {}

    def of(self, schema: Any) -> Fit:
        """How to check values of a schema, of a branch or of a field's type."""
        if isinstance(schema, list):
            return _union([self.of(branch) for branch in schema], describe(schema))
        kind = schema["type"] if isinstance(schema, dict) else schema
        if isinstance(kind, dict | list):
            return self.of(kind)
        match kind:
            case "array":
                return _array(self.of(schema["items"]))
            case "map":
                return _map(self.of(schema["values"]))
            case "record" | "error":
                return self._record(schema)
            case "enum" | "fixed":
                self._named[schema["name"]] = fit = _enum(schema) if kind == "enum" else _fixed(schema)
                return fit
        return _scalar(schema, kind, self._thorough) if kind in PRIMITIVES else self._named[kind]

    def _record(self, schema: Mapping[str, Any]) -> Fit:
        fields: dict[str, Fit] = {}  # filled after it is named: a record may hold itself
        self._named[schema["name"]] = record = _record(schema, fields)
        fields.update({field["name"]: self.of(field["type"]) for field in schema["fields"]})
        return record


def describe(schema: Any) -> str:
    """What a schema wants, in a few words: `null or timestamp-millis`."""
    if isinstance(schema, list):
        return " or ".join(describe(branch) for branch in schema)
    if isinstance(schema, dict):
        return str(schema.get("logicalType") or schema.get("name") or describe(schema["type"]))
    return str(schema)


def shown(value: Any) -> str:
    """A value for an error's text, cut to a line."""
    text = _OUTLINE.repr(value)
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 3]}..."


def _record(schema: Mapping[str, Any], fields: dict[str, Fit]) -> Fit:
    defaults = {field["name"] for field in schema["fields"] if "default" in field}

    def check(value: Any) -> Misfit | None:
        if not isinstance(value, Mapping):
            return Misfit("", f"{shown(value)} is not a record")
        absent = 0
        for name, (at_sight, fits, explain) in fields.items():
            item = value.get(name, _MISSING)
            if type(item) in at_sight:
                continue
            if item is _MISSING:
                if name not in defaults:
                    return Misfit(name, "is missing")
                absent += 1
            elif not fits(item) and (misfit := explain(item)) is not None:
                return misfit.inside(name)
        if len(fields) - absent != len(value):
            return next(Misfit(str(name), "is not in the schema") for name in value if name not in fields)
        return None

    return _composite(check)


def _composite(check: Check) -> Fit:
    return Fit(frozenset(), lambda value: check(value) is None, check)


def _union(branches: list[Fit], wanted: str) -> Fit:
    def fits(value: Any) -> bool:
        return any(branch.fits(value) for branch in branches)

    def explain(value: Any) -> Misfit:
        # What a nested record or array complains of says more than the list of branches.
        deeper = [misfit for branch in branches if (misfit := branch.explain(value)) is not None and misfit.path]
        return deeper[0] if len(deeper) == 1 else Misfit("", f"{shown(value)} is not {wanted}{_hint(value)}")

    at_sight = frozenset().union(*(branch.at_sight for branch in branches))
    # Null fits at sight or not at all; the usual union of null and one other type costs no more than that type.
    others = [branch for branch in branches if branch.at_sight != AT_SIGHT["null"]]
    return Fit(at_sight, others[0].fits if len(others) == 1 else fits, explain)


def _array(items: Fit) -> Fit:
    def check(value: Any) -> Misfit | None:
        if not isinstance(value, list | tuple):
            return Misfit("", f"{shown(value)} is not an array")
        for index, item in enumerate(value):
            if (misfit := items.check(item)) is not None:
                return misfit.inside(f"[{index}]")
        return None

    return _composite(check)


def _map(values: Fit) -> Fit:
    def check(value: Any) -> Misfit | None:
        if not isinstance(value, Mapping):
            return Misfit("", f"{shown(value)} is not a map")
        for key, item in value.items():
            misfit = values.check(item) if is_text(key) else Misfit("", "has a key that is not a string")
            if misfit is not None:
                return misfit.inside(f"[{key!r}]")
        return None

    return _composite(check)


def _enum(schema: Mapping[str, Any]) -> Fit:
    symbols = frozenset(schema["symbols"])
    wanted = f"one of {', '.join(schema['symbols'])}"
    return _leaf(frozenset(), lambda value: isinstance(value, str) and value in symbols, wanted)


def _fixed(schema: Mapping[str, Any]) -> Fit:
    size: int = schema["size"]
    decimal: bool = schema.get("logicalType") == "decimal"

    def fits(value: Any) -> bool:
        if isinstance(value, bytes | bytearray):
            return len(value) == size
        return decimal and isinstance(value, Decimal)

    return _leaf(frozenset(), fits, f"{size} bytes")


def _scalar(schema: Any, kind: str, thorough: bool) -> Fit:
    logical = schema.get("logicalType") if isinstance(schema, dict) else None
    # A logical type that nobody here knows is its base type (Avro 1.12, "Logical Types").
    fits = LOGICAL.get(f"{kind}-{logical}")
    at_sight = frozenset() if fits or (kind == "string" and thorough) else AT_SIGHT.get(kind, frozenset())
    return _leaf(at_sight, fits or PRIMITIVES[kind], describe(schema))


def _leaf(at_sight: frozenset[type], fits: Callable[[Any], bool], wanted: str) -> Fit:
    def explain(value: Any) -> Misfit | None:
        return None if fits(value) else Misfit("", f"{shown(value)} is not {wanted}{_hint(value)}")

    return Fit(at_sight, fits, explain)


def _hint(value: Any) -> str:
    return " (say which zone)" if isinstance(value, datetime) and value.tzinfo is None else ""
