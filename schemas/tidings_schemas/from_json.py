"""From JSON to what Avro's writer takes: RFC 3339 times, base64 bytes, plain unions. Pure.

JSON has fewer types than Avro, so a value is turned into the schema's type where that loses nothing, and is otherwise
left as it is, for `fit` to name the field. Unions need no tags: the first branch that fits wins.
"""

from collections.abc import Callable, Mapping
from typing import Any

from .catalogue import Catalogue, Schema
from .codec import invalid
from .errors import InvalidEvent
from .event import Event
from .fit import Check, Checks, shown
from .json_scalar import CONVERT, timestamp

Convert = Callable[[Any], Any]
_ATTRIBUTES = ("id", "source", "type", "subject", "time", "traceparent")


class JsonReader:
    """Reads records and events of a catalogue from parsed JSON; each schema is compiled once."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._compiled: dict[str, tuple[Convert, Check]] = {}

    def event(self, attributes: Mapping[str, Any], data: Any) -> Event:
        """An `Event` from CloudEvents attributes and JSON data.

        Attributes that an `Event` does not know (`specversion`, `datacontenttype`, extensions) are left out; `time`
        may be a `datetime` or RFC 3339 text.

        Raises:
            UnknownEventType: no schema is known for the type.
            InvalidEvent: an attribute or a field is missing or does not fit; `field` names it.
        """
        known = {name: attributes[name] for name in _ATTRIBUTES if attributes.get(name) is not None}
        for name in _ATTRIBUTES[:-1]:
            if name not in known:
                raise InvalidEvent(f"attribute {name!r} is missing", name)
        time = timestamp(known["time"])
        if getattr(time, "tzinfo", None) is None:
            raise InvalidEvent(f"time {shown(time)} is not RFC 3339 with a zone, such as 2013-01-10T08:15:00Z", "time")
        event = Event(**known | {"time": time, "data": {}})  # attributes first: their faults come before the data's
        return Event(**known | {"time": time, "data": self.record(event.type, data)})

    def record(self, name: str, data: Any) -> dict[str, Any]:
        """The record of the schema `name` that `data` stands for. Optional fields may be missing.

        Timestamps: RFC 3339 text with a zone, or a number in the schema's unit. Bytes and fixed: base64. Decimals:
        text or a number. A whole number may be written as 30.0.

        Raises:
            UnknownEventType: no schema of that name.
            InvalidEvent: a field is missing, unknown, or does not fit; `field` names it.
        """
        if name not in self._compiled:
            self._compiled[name] = _compile(self._catalogue[name])
        convert, check = self._compiled[name]
        record = convert(data)
        misfit = check(record)
        if misfit is not None:
            raise invalid(name, misfit)
        return record  # type: ignore[no-any-return]


def _compile(schema: Schema) -> tuple[Convert, Check]:
    checks = Checks()
    check = checks.of(schema.parsed).check
    return _Converters(checks).of(schema.parsed), check


class _Converters:
    def __init__(self, checks: Checks) -> None:
        self._checks = checks
        self._named: dict[str, Convert] = {}

    def of(self, schema: Any) -> Convert:
        if isinstance(schema, list):
            return self._union(schema)
        kind = schema["type"] if isinstance(schema, dict) else schema
        if isinstance(kind, dict | list):
            return self.of(kind)
        match kind:
            case "array":
                item = self.of(schema["items"])
                return lambda value: [item(v) for v in value] if isinstance(value, list) else value
            case "map":
                item = self.of(schema["values"])
                return lambda value: {k: item(v) for k, v in value.items()} if isinstance(value, dict) else value
            case "record" | "error":
                return self._record(schema)
        if kind in self._named:
            return self._named[kind]
        logical = schema.get("logicalType") if isinstance(schema, dict) else None
        convert = CONVERT.get(f"{kind}-{logical}") or CONVERT.get(kind, _as_it_is)
        if isinstance(schema, dict) and "name" in schema:
            self._named[schema["name"]] = convert
        return convert

    def _record(self, schema: Mapping[str, Any]) -> Convert:
        fields: dict[str, Convert] = {}  # filled after it is named: a record may hold itself

        def convert(value: Any) -> Any:
            if not isinstance(value, dict):
                return value
            return {name: fields.get(name, _as_it_is)(item) for name, item in value.items()}

        self._named[schema["name"]] = convert
        fields.update({field["name"]: self.of(field["type"]) for field in schema["fields"]})
        return convert

    def _union(self, branches: list[Any]) -> Convert:
        compiled = [(self.of(branch), self._checks.of(branch).check) for branch in branches]
        candidates = [self.of(branch) for branch in branches if branch != "null"]
        # When nothing fits and there is one candidate beside null, its conversion lets the error name the inner field.
        otherwise = candidates[0] if len(candidates) == 1 else _as_it_is

        def convert(value: Any) -> Any:
            for branch, check in compiled:
                converted = branch(value)
                if check(converted) is None:
                    return converted
            return otherwise(value)

        return convert


def _as_it_is(value: Any) -> Any:
    return value
