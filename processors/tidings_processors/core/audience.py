"""Whom a rule tells: users named in a field, or the followers of topics that are built from fields.

A topic's template is text with fields in braces: `route:{origin}-{destination}`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .cel.kinds import Kind

_FIELD = re.compile(r"\{([^{}]*)\}")
_LITERAL = re.compile(r"[A-Za-z0-9._~:@+-]*")

Record = Mapping[str, Any]


class BadAudience(ValueError):
    """An audience that can never be told; `at` is the offset of the offending place in its text."""

    def __init__(self, message: str, at: int = 0) -> None:
        super().__init__(message)
        self.at = at


@dataclass(frozen=True, slots=True)
class Followers:
    """The followers of topics; each template gives one topic, or none where a field that it needs is null."""

    templates: tuple[str, ...]
    build: tuple[Callable[[Record], str | None], ...]

    def topics(self, fields: Record) -> list[str]:
        """The followed topics of an event, each once, in the order of the templates."""
        if len(self.build) == 1:
            topic = self.build[0](fields)
            return [topic] if topic else []
        built = [make(fields) for make in self.build]
        return list(dict.fromkeys(topic for topic in built if topic))


@dataclass(frozen=True, slots=True)
class Users:
    """The users whom a field names: one, several, or (null) nobody."""

    field: str

    def users(self, fields: Record) -> list[str]:
        """The users of an event, each once."""
        named = fields[self.field]
        if isinstance(named, str):
            return [named] if named else []
        return [user for user in dict.fromkeys(named or ()) if user]


Audience = Followers | Users


def followers(templates: list[str], kinds: Mapping[str, Kind]) -> Followers:
    """Compiles topic templates.

    Raises:
        BadAudience: a field that the event lacks or that is no text or whole number, or a character that no topic has.
    """
    return Followers(tuple(templates), tuple(compile_topic(template, kinds) for template in templates))


def users(field: str, kinds: Mapping[str, Kind]) -> Users:
    """Checks that `field` names users.

    Raises:
        BadAudience: there is no such field, or it holds neither a text nor a list of texts.
    """
    kind = _known(field, kinds, 0)
    inner = kind.item if kind.name == "list" else kind
    if inner is None or inner.name != "string":
        raise BadAudience(f"field {field!r} is {kind}; users are named by a string or a list of strings")
    return Users(field)


def compile_topic(template: str, kinds: Mapping[str, Kind]) -> Callable[[Record], str | None]:
    """A function from an event's fields to the topic, or to None where a field is null.

    Raises:
        BadAudience: as `followers`.
    """
    _check_literals(template)
    fields = []
    for found in _FIELD.finditer(template):
        kind = _known(found[1], kinds, found.start(1))
        if kind.name not in ("string", "int"):
            raise BadAudience(f"field {found[1]!r} is {kind}; a topic is built of strings and ints", found.start(1))
        fields.append(found[1])
    return _maker(_FIELD.sub("%s", template), fields, any(kinds[name].nullable for name in fields))


def _maker(pattern: str, fields: list[str], nullable: bool) -> Callable[[Record], str | None]:
    if not fields:
        return lambda _: pattern
    if nullable:
        return lambda record: _unless_null(pattern, tuple(record[name] for name in fields))
    if len(fields) == 1:
        (name,) = fields
        return lambda record: pattern % (record[name],)
    return lambda record: pattern % tuple([record[name] for name in fields])


def _unless_null(pattern: str, values: tuple[Any, ...]) -> str | None:
    return None if None in values else pattern % values


def _check_literals(template: str) -> None:
    at = 0
    for piece in _FIELD.split(template)[::2]:
        at = template.index(piece, at)
        sound = _LITERAL.match(piece)
        end = sound.end() if sound else 0
        if end < len(piece):
            raise BadAudience(f"a topic has no {piece[end]!r}; fields stand in braces: flight:{{flight}}", at + end)
        at += len(piece)
    if not template:
        raise BadAudience("a topic must not be empty")


def _known(field: str, kinds: Mapping[str, Kind], at: int) -> Kind:
    if field not in kinds:
        raise BadAudience(f"the event has no field {field!r}; known: {', '.join(sorted(kinds))}", at)
    return kinds[field]
