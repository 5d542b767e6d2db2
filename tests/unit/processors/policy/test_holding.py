"""What quiet hours, mutes, keys and times to live make of drafts, and how time passes for them."""

from dataclasses import replace
from typing import Any

import pytest
from tidings_processors.core.control import Notice
from tidings_processors.core.identity import notification_id
from tidings_processors.core.policy.book import AHEAD_MS, Book
from tidings_schemas import Preference

from tests.unit.processors.policy.wishes import (
    HOUR,
    MINUTE,
    UNTIL_NINE,
    a_world,
    later,
    now,
    words,
)


def test_quiet_hours_hold_and_then_deliver_in_order() -> None:
    world = a_world(quiet_hours=UNTIL_NINE)
    for n in range(3):
        world.draft("ann", "r", n)
    assert now(world) == []
    assert later(world, HOUR - 1) == []
    assert later(world, 1) == ["r 0", "r 1", "r 2"]
    assert words(world) == ["held-quiet-hours"] * 3 + ["delivered"] * 3


def test_what_is_critical_is_told_whatever_the_hour_the_caps_and_the_digests() -> None:
    world = a_world(quiet_hours=UNTIL_NINE, caps={"*": 0}, digests={"*": "hourly"})
    world.draft("ann", "alarm", 1)
    assert now(world) == ["alarm 1"]
    assert world.decisions == []


def test_a_backlog_is_weighed_by_the_hour_in_which_it_is_told() -> None:
    """Written before the quiet hours, told in them: nobody is woken because a worker was slow."""
    world = a_world(quiet_hours=UNTIL_NINE)
    world.draft("ann", "r", 1, age_ms=2 * HOUR)
    assert now(world) == []
    assert later(world, HOUR) == ["r 1"]


def test_time_passes_by_other_users_records_too() -> None:
    """Where drafts come, no tick is needed."""
    world = a_world(quiet_hours=UNTIL_NINE)
    world.draft("ann", "r", 1)
    now(world)
    world.now_ms += HOUR
    world.draft("bob", "r", 2)
    world.work()
    world.ack_all()
    assert [told["title"] for told in world.told] == ["r 1", "r 2"]


def test_the_newest_of_a_collapse_key_replaces_what_is_held() -> None:
    world = a_world(quiet_hours=UNTIL_NINE)
    for n in range(3):
        world.draft("ann", "keyed", n, key="t")
    world.draft("ann", "keyed", 3, key="u")
    now(world)
    assert later(world, HOUR) == ["keyed 2", "keyed 3"]
    ids = [notification_id("/flights/nyc", f"e-{n}", "keyed", "ann") for n in range(4)]
    gave_way = [(d["id"], d["by"]) for d in world.decisions if d["word"] == "collapsed"]
    assert gave_way == [(ids[0], ids[1]), (ids[1], ids[2])]


def test_what_the_urgent_lane_told_makes_older_held_news_old() -> None:
    """A notice says so; what is held of a newer event stays."""
    for ahead, told in ((0, []), (-1, ["keyed 1"])):
        world = a_world(quiet_hours=UNTIL_NINE)
        world.draft("ann", "keyed", 1, key="t")
        now(world)
        (entry,) = world.book.entries.values()
        world.notice("ann", Notice("x", entry.event_time + ahead, "t"))
        now(world)
        assert later(world, HOUR) == told


def test_what_expires_while_it_is_held_is_never_told() -> None:
    world = a_world(quiet_hours=UNTIL_NINE)
    world.draft("ann", "short", 1)
    now(world)
    assert later(world, HOUR) == []
    assert words(world) == ["held-quiet-hours", "expired"]


def test_what_expired_in_a_backlog_is_never_told() -> None:
    world = a_world()
    world.draft("ann", "short", 1, age_ms=5 * MINUTE)
    world.draft("ann", "short", 2, age_ms=5 * MINUTE - 1)
    assert now(world) == ["short 2"]
    assert words(world) == ["expired"]


def test_what_expired_before_it_was_matched_is_never_told() -> None:
    """All workers were away: a time to live counts from the event, not from when they came back."""
    world = a_world()
    world.draft("ann", "short", 1, late_ms=5 * MINUTE)
    world.draft("ann", "short", 2, late_ms=5 * MINUTE - 1)
    assert now(world) == ["short 2"]
    assert words(world) == ["expired"]


def test_what_is_muted_while_it_is_held_is_never_told() -> None:
    world = a_world(quiet_hours=UNTIL_NINE)
    world.draft("ann", "r", 1)
    now(world)
    world.wishes["ann"] = Preference(user="ann", updated_at=None, muted_kinds=["k"])  # type: ignore[arg-type]
    assert later(world, HOUR) == []
    assert words(world) == ["held-quiet-hours", "muted-kind"]


def test_what_a_rule_made_that_is_switched_off_while_it_is_held_is_never_told() -> None:
    """Who withdraws a faulty rule at night means its news, too."""
    world = a_world(quiet_hours=UNTIL_NINE)
    world.draft("ann", "r", 1)
    world.draft("ann", "s", 2)
    now(world)
    world.rules = world.rules.overlaid({"r": replace(world.rules.by_name["r"], enabled=False)})
    assert later(world, HOUR) == ["s 2"]
    assert words(world) == ["held-quiet-hours", "held-quiet-hours", "rule-off", "delivered"]


def test_one_event_twice_is_held_once() -> None:
    world = a_world()
    for _ in range(2):
        world.draft("ann", "d", 1)
        now(world)
    world.draft("ann", "d", 2)
    now(world)
    later(world, 10 * MINUTE)
    world.draft("ann", "d", 1)
    later(world, 10 * MINUTE)
    assert [told["count"] for told in world.told] == [2]


@pytest.mark.parametrize(
    "wishes",
    [
        {"quiet_hours": {"start_minute": 420, "end_minute": 5000, "days": []}},
        {"digests": {"*": "weekly"}},
        {"digests": {"*": "daily@-1:10"}},
        {"digests": {"*": "daily@99999999999:00"}},
        {"caps": {"*": -1}},
        {"time_zone": "Mars/Phobos", "quiet_hours": {"start_minute": 0, "end_minute": 60, "days": []}},
    ],
)
def test_wishes_that_make_no_sense_silence_nobody(wishes: dict[str, Any]) -> None:
    """The gateway refuses them, another writer of the topic may not."""
    world = a_world(**wishes)
    world.draft("ann", "r", 1)
    assert (now(world), world.dead) == (["r 1"], [])


def test_what_is_done_is_forgotten_in_the_end() -> None:
    """When no replay can reach back so far any more; Kafka is told to forget it too."""
    world = a_world(caps={"*": 5})
    world.draft("ann", "r", 1)
    now(world)
    assert len(world.book.entries) == 1
    later(world, HOUR)
    assert len(world.book.entries) == 0
    assert world.policy[-1][1] is None


def test_time_never_goes_back_and_no_broken_clock_is_believed() -> None:
    book = Book()
    assert book.advance(1_000, 5_000) == 5_000
    assert book.advance(6_000, 5_000) == 6_000
    assert book.advance(0, 5_500) == 6_000
    assert book.advance(10**15, 7_000) == 7_000 + AHEAD_MS
