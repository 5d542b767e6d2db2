"""Conditions: what is refused at load, and where; what fails at run time, and how."""

import cel
import pytest
from tidings_processors.core.condition import FUNCTIONS, BadCondition, ConditionFailed, compile_condition, variables_of

from tests.unit.processors.builders import CATALOGUE, DELAYED, delayed

VARIABLES = variables_of(CATALOGUE[DELAYED].json)


@pytest.mark.parametrize(
    ("text", "at", "says"),
    [
        ("delay_minute >= 30", 0, "no field 'delay_minute'"),
        ("delay_minutes >= 30 && fligt == 'x'", 23, "no field 'fligt'"),
        ("delay_minutes >=", 16, "no sound CEL"),
        ("delay_minutes >= 30 &&\n  (carrier == 'UA'", 41, "no sound CEL"),
        ("delay_minutes", 0, "must be true or false"),
        ("delay_minutes >= '30'", 14, "no order"),
        ("carrier == 1", 8, "never equal"),
        ("carrier + 1 == 'x'", 8, "not defined"),
        ("upper(carrier) == 'UA'", 0, "no function 'upper'"),
        ("event.sub == 'x'", 6, "no 'sub'"),
        ("delay_minutes && true", 14, "true or false is needed"),
        ("['UA'].exists(c, c == carrer)", 22, "no field 'carrer'"),
    ],
)
def test_a_condition_that_can_never_work_is_refused_with_its_place(text: str, at: int, says: str) -> None:
    with pytest.raises(BadCondition, match=says) as caught:
        compile_condition(text, VARIABLES)
    assert caught.value.at == at


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("delay_minutes >= 30 && delay_minutes < 120", True),
        ("tail == null", True),
        ("event.subject == 'UA1545'", True),
        ("['UA', 'DL'].exists(c, c == carrier)", True),
        ("estimated_departure - scheduled_departure > duration('1h')", False),
        ("scheduled_departure < timestamp('2013-02-01T00:00:00Z')", True),
        ("flight.matches('^UA[0-9]+$')", True),
        ("{'UA': 30}[carrier] <= delay_minutes", True),
    ],
)
def test_conditions_hold_or_not_by_closure_or_by_library(text: str, wanted: bool) -> None:
    condition = compile_condition(text, VARIABLES)
    variables = delayed() | {"event": {"subject": "UA1545"}}
    assert condition.holds(variables) is wanted
    assert condition.ask_library(variables) is wanted


def test_a_condition_that_fails_for_an_event_says_why() -> None:
    """`tail` is null here, and null has no first letter."""
    with pytest.raises(ConditionFailed, match="startsWith"):
        compile_condition("tail.startsWith('N')", VARIABLES).holds(delayed())


def test_errors_are_absorbed_as_cel_absorbs_them() -> None:
    """`error && false` is false in CEL, whichever side the error is on; Python alone would raise."""
    assert compile_condition("tail.startsWith('N') && delay_minutes > 100", VARIABLES).holds(delayed()) is False
    assert compile_condition("tail.startsWith('N') || delay_minutes > 10", VARIABLES).holds(delayed()) is True


def test_a_null_bool_is_no_answer() -> None:
    """A condition must say true or false of every event."""
    schema = {"type": "record", "name": "x.Y", "fields": [{"name": "ok", "type": ["null", "boolean"]}]}
    condition = compile_condition("ok", variables_of(schema))
    assert condition.holds({"ok": True})
    with pytest.raises(ConditionFailed, match="not true or false"):
        condition.holds({"ok": None})


def test_length_is_bounded() -> None:
    with pytest.raises(BadCondition, match="at most 2000"):
        compile_condition("true && " * 300 + "true", VARIABLES)


@pytest.mark.parametrize("name", sorted(FUNCTIONS - {"has"}))
def test_every_function_that_a_rule_may_call_is_there(name: str) -> None:
    """The list of functions is ours, the functions are the library's: each is called once."""
    moment = "timestamp('2013-01-10T15:00:00Z')"
    calls = {
        "size": "size('a')",
        "matches": "'a'.matches('a')",
        "timestamp": moment,
        "duration": "duration('1h')",
        "type": "type(1)",
        "dyn": "dyn(1)",
        **{text: f"'ab'.{text}('a')" for text in ("contains", "startsWith", "endsWith")},
        **{convert: f"{convert}('1')" for convert in ("string", "int", "uint", "double", "bytes")},
    }
    assert cel.evaluate(calls.get(name, f"{moment}.{name}()")) is not None
