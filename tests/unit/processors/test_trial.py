"""Trying rules on an event: the stages themselves say what would be sent, and why not."""

from datetime import UTC, datetime

import pytest
from tidings_processors.core.trial import Trial
from tidings_schemas import Preference
from tidings_schemas.errors import InvalidEvent

from tests.unit.processors.builders import (
    CATALOGUE,
    DELAYED,
    MESSAGE,
    NOW_MS,
    delayed,
    event,
    message,
    rule_text,
    rules,
    shipped_rules,
)


def test_each_rule_says_what_it_would_do() -> None:
    outcomes = Trial(shipped_rules(), CATALOGUE, {"flight:UA1545"}).of(event(delayed(95)), "ann", NOW_MS)
    told = {(o.rule, o.topic): o.notification.title if o.notification else o.why for o in outcomes}
    assert told == {
        ("flight-delayed", "flight:UA1545"): "UA1545 is delayed by 95 minutes",
        ("route-delayed", "route:EWR-IAH"): "ann does not follow route:EWR-IAH",
        ("airport-delayed", "airport:EWR"): "ann does not follow airport:EWR",
        ("airport-delayed", "airport:IAH"): "ann does not follow airport:IAH",
        ("carrier-delayed", "carrier:UA"): "ann does not follow carrier:UA",
        ("flight-delayed-long", None): "the condition does not hold, or nobody is named",
    }


def test_who_follows_all_hears_of_each_rule_once() -> None:
    outcomes = Trial(shipped_rules(), CATALOGUE).of(event(delayed(95)), "ann", NOW_MS)
    sent = [o.rule for o in outcomes if o.notification]
    assert sent == ["flight-delayed", "route-delayed", "airport-delayed", "carrier-delayed"]
    assert [o.why for o in outcomes if o.rule == "airport-delayed"] == ["", "duplicate"]


def test_wishes_count() -> None:
    wish = Preference("ann", datetime.now(UTC), locale="de", muted_kinds=["route.delayed"])
    outcomes = {
        o.rule: o for o in Trial(shipped_rules(), CATALOGUE, preference=wish).of(event(delayed(45)), "ann", NOW_MS)
    }
    assert outcomes["route-delayed"].why == "muted-kind route.delayed"
    notification = outcomes["flight-delayed"].notification
    assert notification is not None
    assert notification.title == "UA1545 hat 45 Minuten Verspätung"


def test_what_would_be_held_is_told_with_its_time() -> None:
    """Quiet from midnight to one minute before: at nearly any hour."""
    wish = Preference("ann", datetime.now(UTC), quiet_hours={"start_minute": 0, "end_minute": 1439, "days": []})
    outcomes = {
        o.rule: o for o in Trial(shipped_rules(), CATALOGUE, preference=wish).of(event(delayed(45)), "ann", NOW_MS)
    }
    assert outcomes["flight-delayed"].why == "held-quiet-hours until 23:59 UTC"


def test_a_rule_that_makes_another_give_way_is_told_its_own_outcome() -> None:
    """Both are held, the first until the second comes: what is decided about the first is not about the second."""
    found = rules(rule_text("first", collapse_key="x") + rule_text("second", collapse_key="x"))
    wish = Preference("ann", datetime.now(UTC), quiet_hours={"start_minute": 0, "end_minute": 1439, "days": []})
    outcomes = Trial(found, CATALOGUE, preference=wish).of(event(message(user="ann"), MESSAGE), "ann", NOW_MS)
    assert [(o.rule, o.why) for o in outcomes] == [
        ("first", "held-quiet-hours until 23:59 UTC"),
        ("second", "held-quiet-hours until 23:59 UTC"),
    ]


def test_failures_other_users_and_foreign_topics_are_told() -> None:
    text = rule_text("broken", text='{en: {title: "{{ text.x }}"}}') + rule_text("silent", enabled="false")
    text += rule_text("foreign", topic="orders")
    found = rules(text)
    mine = {o.rule: o for o in Trial(found, CATALOGUE).of(event(message(user="ann"), MESSAGE), "ann", NOW_MS)}
    assert mine["broken"].why.startswith("dead letter at deliver: RuleFailed: UndefinedError")
    assert mine["silent"].why == "switched off"
    assert mine["foreign"].notification is not None
    other = {o.rule: o for o in Trial(found, CATALOGUE).of(event(message(user="ann"), MESSAGE), "bob", NOW_MS)}
    assert other["foreign"].why == "it is for ann"


def test_an_event_that_does_not_fit_is_told() -> None:
    with pytest.raises(InvalidEvent, match="delay_minutes"):
        Trial(shipped_rules(), CATALOGUE).of(event(delayed() | {"delay_minutes": "many"}, DELAYED), "ann", NOW_MS)
