"""What digests and caps tell as one: when, of what, and once."""

from datetime import datetime, timedelta

import pytest
from tidings_processors.core.identity import notification_id

from tests.unit.processors.builders import NOW_MS, rule_text, rules
from tests.unit.processors.policy.wishes import (
    HOUR,
    MINUTE,
    RULES,
    TEXT,
    UNTIL_NINE,
    a_world,
    later,
    ms,
    now,
    prefers,
    utc,
    words,
)
from tests.unit.processors.policy.world import World


def test_a_rules_digest_counts_and_lists() -> None:
    """From the first on for its span; count, and at most ten titles, the newest."""
    world = a_world()
    for n in range(25):
        world.draft("ann", "d", n)
        now(world)
        world.now_ms += 10_000
    assert later(world, 5 * MINUTE) == []
    later(world, MINUTE)
    (told,) = world.told
    assert (told["count"], told["title"]) == (25, "25 new notifications")
    assert told["items"] == [f"d {n}" for n in range(15, 25)]
    assert told["body"].endswith("d 24\n… and 15 more")
    assert (told["rule"], told["kind"], told["priority"]) == ("d", "d", "normal")
    assert {(d["word"], d["by"]) for d in world.decisions[25:]} == {("digested", told["id"])}


@pytest.mark.parametrize("taken_over", [False, True])
def test_what_is_held_after_a_clock_went_back_is_told_in_a_sum_of_its_own(taken_over: bool) -> None:
    """A worker whose clock was ahead told the sum of nine o'clock; at nine what came since is told, too."""
    world = a_world(digests={"*": "hourly"})
    for n in (1, 2):
        world.draft("ann", "r", n)
    now(world)
    later(world, HOUR)
    world.now_ms -= 10 * MINUTE
    if taken_over:
        world.crash({})
    for n in (3, 4):
        world.draft("ann", "r", n)
    now(world)
    later(world, 11 * MINUTE)
    assert [told["items"] for told in world.told] == [["r 1", "r 2"], ["r 3", "r 4"]]
    first, second = (told["id"] for told in world.told)
    assert first != second
    by = [decision["by"] for decision in world.decisions if decision["word"] == "digested"]
    assert by == [first, first, second, second]


def test_what_comes_as_a_sum_is_told_is_told_in_the_next_though_a_crash_follows() -> None:
    """The worker that told it is gone before it noted that; to the next one it is not nine yet."""
    world = a_world(digests={"*": "hourly"})
    for n in (1, 2):
        world.draft("ann", "r", n)
    now(world)
    world.now_ms += HOUR + 1_000
    world.draft("ann", "r", 3, age_ms=5_000)
    world.work()
    world.ack("notifications")
    world.now_ms -= 5_000
    world.crash({})
    now(world)
    later(world, 6_000)
    assert [told["items"] or told["title"] for told in world.told] == [["r 1", "r 2"], "r 3"]


def test_a_digest_of_one_is_that_one() -> None:
    world = a_world()
    world.draft("ann", "d", 1)
    now(world)
    later(world, 10 * MINUTE)
    (told,) = world.told
    assert (told["id"], told["title"], told["count"]) == (notification_id("/flights/nyc", "e-1", "d", "ann"), "d 1", 1)


def test_a_users_digest_gathers_kinds_at_their_local_time() -> None:
    """9:30 in Vienna is 8:30 here; words in their language; what is of several kinds is a digest."""
    world = a_world(digests={"*": "daily@09:30"}, time_zone="Europe/Vienna", locale="de-AT")
    for n, rule in enumerate(("r", "s", "d")):
        world.draft("ann", rule, n)
    assert now(world) == []
    assert later(world, 30 * MINUTE - 1) == []
    assert later(world, 1) == ["3 neue Mitteilungen"]
    assert (world.told[0]["kind"], world.told[0]["rule"], world.told[0]["count"]) == ("digest", "digest", 3)
    assert world.decisions[0]["time_zone"] == "Europe/Vienna"


@pytest.mark.parametrize(
    ("rule", "zone", "due"),
    [
        ("hour", "UTC", utc(2027, 1, 15, 9)),
        ("hour", "Asia/Kolkata", utc(2027, 1, 15, 8, 30)),
        ("day", "UTC", utc(2027, 1, 16, 2, 30)),
        ("day", "Europe/Vienna", utc(2027, 1, 16, 1, 30)),
        ("day", "America/New_York", utc(2027, 1, 15, 7, 30) + timedelta(days=1)),
    ],
)
def test_a_rules_digest_comes_by_its_readers_clock(rule: str, zone: str, due: datetime) -> None:
    """Each full hour, or at 2:30; UTC's for who has said nothing."""
    for world in (a_world(time_zone=zone), *([World(RULES, NOW_MS)] if zone == "UTC" else [])):
        for n in range(3):
            world.draft("ann", rule, n)
            now(world)
            world.now_ms += MINUTE
        world.now_ms = ms(due) - 1
        assert now(world) == []
        assert later(world, 1) == ["3 new notifications"]
        assert {decision["until"] for decision in world.decisions[:3]} == {due}


@pytest.mark.parametrize(
    ("written", "due"),
    [
        (utc(2026, 3, 28, 0), [utc(2026, 3, 28, 1, 30), utc(2026, 3, 29, 1), utc(2026, 3, 30, 0, 30)]),
        (utc(2026, 10, 24, 0), [utc(2026, 10, 24, 0, 30), utc(2026, 10, 25, 0, 30), utc(2026, 10, 26, 1, 30)]),
    ],
)
def test_a_rules_daily_digest_comes_once_on_days_when_the_clock_is_changed(
    written: datetime, due: list[datetime]
) -> None:
    """In Vienna there was no 2:30 on 2026-03-29 (2:00 was followed by 3:00), and there were two on 2026-10-25."""
    world = World(RULES, ms(written))
    world.wishes["ann"] = prefers(time_zone="Europe/Vienna")
    quarters = (due[-1] - written) // timedelta(minutes=15)
    came = []
    for n in range(quarters + 1):
        before = len(world.told)
        now(world)
        came += [written + n * timedelta(minutes=15)] * (len(world.told) - before)
        world.draft("ann", "day", n)
        now(world)
        world.now_ms += 15 * MINUTE
    assert came == due
    assert sum(told["count"] for told in world.told) == quarters


def test_a_digest_lists_as_many_titles_as_its_rule_says() -> None:
    """The newest, also when it was held on by quiet hours and by a cap; the count tells of all."""
    world = a_world(caps={"few": 1}, quiet_hours={"start_minute": 485, "end_minute": 490, "days": []})
    world.rules = rules(rule_text("few", text=TEXT, kind="few", digest="{every: 7m, most: 3}"))
    for n in range(5):
        world.draft("ann", "few", n)
    now(world)
    later(world, 7 * MINUTE)
    assert (later(world, 3 * MINUTE), world.told[0]["count"]) == (["5 new notifications"], 5)
    for n in range(5, 9):
        world.draft("ann", "few", n)
    now(world)
    assert len(later(world, 7 * MINUTE)) == 1
    assert len(later(world, HOUR)) == 2
    assert "capped" in words(world)
    assert [told["items"] for told in world.told] == [["few 2", "few 3", "few 4"], ["few 6", "few 7", "few 8"]]
    assert world.told[0]["body"].endswith("few 4\n… and 2 more")


def test_how_many_titles_are_listed_the_newest_of_them_says() -> None:
    """A rule may change while it gathers."""
    world = a_world()
    for most, n in ((5, 0), (2, 1), (3, 2)):
        world.rules = rules(rule_text("few", text=TEXT, digest=f"{{every: 10m, most: {most}}}"))
        world.draft("ann", "few", n)
        world.draft("ann", "few", 10 + n)
        now(world)
    later(world, 10 * MINUTE)
    assert [(told["count"], len(told["items"])) for told in world.told] == [(6, 3)]


def test_a_rule_that_gathers_by_a_span_from_now_on_does_not_wait_for_tomorrow() -> None:
    """What was gathered for the day is told at its time."""
    world = a_world()
    world.draft("ann", "day", 1)
    now(world)
    world.rules = rules(rule_text("day", text=TEXT, digest="10m"))
    for n in range(2, 5):
        world.draft("ann", "day", n)
        now(world)
    assert later(world, 10 * MINUTE) == ["3 new notifications"]
    assert later(world, 19 * HOUR) == ["3 new notifications", "day 1"]


def test_a_users_digest_goes_before_a_rules() -> None:
    world = a_world(digests={"k": "hourly"})
    world.draft("ann", "day", 1)
    now(world)
    assert later(world, HOUR) == ["day 1"]
    assert world.decisions[0]["key"] == "k"


def test_a_digest_does_not_wake_anybody() -> None:
    """One that falls due in quiet hours comes when they end, in one with those before it."""
    world = a_world(digests={"*": "hourly"}, quiet_hours={"start_minute": 525, "end_minute": 660, "days": []})
    world.draft("ann", "r", 1)
    now(world)
    later(world, 80 * MINUTE)
    world.draft("ann", "r", 2)
    assert later(world, MINUTE) == []
    assert later(world, 100 * MINUTE) == ["2 new notifications"]


def test_a_cap_sums_up_what_is_too_much_when_there_is_room_again() -> None:
    world = a_world(caps={"k": 2})
    for n in range(5):
        world.draft("ann", "r", n)
        now(world)
        world.now_ms += MINUTE
    world.draft("ann", "s", 9)
    assert now(world) == ["r 0", "r 1", "s 9"]
    assert later(world, 55 * MINUTE - 1) == ["r 0", "r 1", "s 9"]
    assert later(world, 1) == ["r 0", "r 1", "s 9", "3 new notifications"]
    assert (world.told[-1]["count"], world.told[-1]["kind"]) == (3, "k")
    assert words(world) == ["capped"] * 3 + ["summed"] * 3
    assert {(d["key"], d["limit"]) for d in world.decisions[:3]} == {("k", 2)}


def test_a_sum_counts_for_the_cap() -> None:
    world = a_world(caps={"*": 1})
    for n in range(3):
        world.draft("ann", "r", n)
    now(world)
    later(world, HOUR)
    world.draft("ann", "r", 3)
    assert later(world, MINUTE) == ["r 0", "2 new notifications"]
    assert later(world, HOUR) == ["r 0", "2 new notifications", "r 3"]


def test_a_cap_may_name_a_rule_and_nought_means_nothing_but_sums() -> None:
    world = a_world(caps={"r": 0})
    for n in range(2):
        world.draft("ann", "r", n)
    world.draft("ann", "s", 5)
    assert now(world) == ["s 5"]
    assert later(world, HOUR) == ["s 5", "2 new notifications"]


def test_a_night_full_of_news_meets_the_cap_in_the_morning() -> None:
    world = a_world(quiet_hours=UNTIL_NINE, caps={"*": 2})
    for n in range(6):
        world.draft("ann", "r", n)
    now(world)
    assert later(world, HOUR) == ["r 0", "r 1"]
    assert later(world, HOUR) == ["r 0", "r 1", "4 new notifications"]
