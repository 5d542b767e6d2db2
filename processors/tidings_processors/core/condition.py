"""A rule's condition: CEL over an event's fields and its envelope."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import cel

from .cel.kinds import BOOL, STRING, TIMESTAMP, Kind, kind_of
from .cel.syntax import Unsupported, parse
from .cel.translate import Mismatch, translate

#: Longest condition, in characters: evaluation takes time proportional to it, and nobody reads a longer one.
MAX_LENGTH = 2000
#: The event's envelope, as conditions and texts see it, unless the event has a field of that name.
ENVELOPE = "event"
ENVELOPE_KIND = Kind(
    "record", fields={"id": STRING, "source": STRING, "type": STRING, "subject": STRING, "time": TIMESTAMP}
)
#: CEL's standard functions that the library has; any other name is a mistake that it would only find at run time.
_OF_TIME = "FullYear Month Date DayOfMonth DayOfWeek DayOfYear Hours Minutes Seconds Milliseconds"
FUNCTIONS = frozenset(
    [
        *("size", "contains", "startsWith", "endsWith", "matches", "has", "type", "dyn"),
        *("string", "int", "uint", "double", "bytes", "timestamp", "duration"),
        *(f"get{part}" for part in _OF_TIME.split()),
    ]
)
_OPERATOR = re.compile(r"[^a-zA-Z]")  # `_+_`, `!_`, `@in`
_BOUND = re.compile(r"\.\s*(?:all|exists|exists_one|existsOne|map|filter)\s*\(\s*([A-Za-z_]\w*)\s*,")
_PLACE = re.compile(r"<input>:(\d+):(\d+): *(.*)")

Record = Mapping[str, Any]


class BadCondition(ValueError):
    """A condition that can never work; `at` is the offset of the offending place in its text."""

    def __init__(self, message: str, at: int) -> None:
        super().__init__(message)
        self.at = at


class ConditionFailed(Exception):
    """The condition gave an error, or no bool, for this event."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A compiled condition.

    Attributes:
        text: the CEL source.
        program: the library's program: the judge of what the condition means.
        needs: variables that it mentions; only these are handed over, since handing over is what costs.
        wants_times: whether it looks at times among the event's fields.
        wants_envelope: whether it mentions `event`.
        closure: a quick way to the same answer, or None where there is none (see `cel.translate`).
    """

    text: str
    program: cel.Program
    needs: tuple[str, ...]
    wants_times: bool
    wants_envelope: bool
    closure: Callable[[Record], Any] | None

    def holds(self, variables: Record) -> bool:
        """Whether the condition is true of these fields (and `event`, if it is mentioned).

        Raises:
            ConditionFailed: the text says why, in CEL's terms.
        """
        if self.closure is not None:
            try:
                return self.closure(variables)  # type: ignore[no-any-return]
            except Exception:
                pass  # the library says what it is
        return self.ask_library(variables)

    def ask_library(self, variables: Record) -> bool:
        """`holds`, always by the library."""
        try:
            answer = self.program.execute({name: variables[name] for name in self.needs})
        except Exception as error:  # RuntimeError, TypeError, KeyError, … as the kind of failure may be
            raise ConditionFailed(f"{self.text}: {error}") from error
        if answer is not True and answer is not False:
            raise ConditionFailed(f"{self.text}: gives {answer!r}, not true or false")
        return answer


def variables_of(schema: Mapping[str, Any]) -> dict[str, Kind]:
    """What a condition over events of this Avro record may mention."""
    return {ENVELOPE: ENVELOPE_KIND} | dict(kind_of(schema).fields)


def compile_condition(text: str, variables: Mapping[str, Kind]) -> Condition:
    """Compiles and checks a condition.

    Args:
        variables: see `variables_of`.

    Raises:
        BadCondition: too long, no CEL, an unknown name or function, or operands that never go together.
    """
    if len(text) > MAX_LENGTH:
        raise BadCondition(f"the condition has {len(text)} characters, at most {MAX_LENGTH} are allowed", MAX_LENGTH)
    try:
        program = cel.compile(text)
    except ValueError as error:
        raise _syntax_error(text, str(error)) from None
    needs = _check_names(text, program, variables)
    wants_times = any(variables[name].holds_time for name in needs if variables[name] != ENVELOPE_KIND)
    wants_envelope = variables.get(ENVELOPE) == ENVELOPE_KIND and ENVELOPE in needs
    try:
        typed = translate(parse(text), variables)
    except (Unsupported, RecursionError):
        return Condition(text, program, needs, wants_times, wants_envelope, None)
    except Mismatch as error:
        raise BadCondition(str(error), error.at) from None
    if typed.kind.name not in ("bool", "any"):
        raise BadCondition(f"a condition must be true or false, this one is {typed.kind}", 0)
    closure = typed.run if typed.kind == BOOL else None
    return Condition(text, program, needs, wants_times, wants_envelope, closure)


def _check_names(text: str, program: cel.Program, variables: Mapping[str, Kind]) -> tuple[str, ...]:
    references = program.references()
    bound = set(_BOUND.findall(text))
    for name in references["variables"]:
        if name not in variables and name not in bound and not name.startswith("@"):
            known = ", ".join(sorted(variables))
            raise BadCondition(f"the event has no field {name!r}; known: {known}", _find(text, name))
    for function in references["functions"]:
        if function not in FUNCTIONS and not _OPERATOR.match(function):
            raise BadCondition(f"there is no function {function!r}", _find(text, function))
    return tuple(name for name in references["variables"] if name in variables)


def _find(text: str, name: str) -> int:
    found = re.search(rf"(?<![\w.]){re.escape(name)}\b", text) or re.search(rf"\b{re.escape(name)}\b", text)
    return found.start() if found else 0


def _syntax_error(text: str, message: str) -> BadCondition:
    found = _PLACE.search(message)
    if found is None:
        return BadCondition(message, 0)
    line, column, problem = int(found[1]), int(found[2]), found[3]
    before = "\n".join(text.split("\n")[: line - 1])
    at = len(before) + (1 if line > 1 else 0) + column - 1
    return BadCondition(f"no sound CEL: {problem}", min(at, len(text)))
