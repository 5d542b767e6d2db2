"""What becomes of drafts by wishes and rules, with time that passes by hand. NOW_MS is 8:00 UTC on a Friday."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tidings_processors.core.control import Notice
from tidings_processors.core.identity import notification_id
from tidings_processors.core.policy.book import AHEAD_MS, Book
from tidings_schemas import Preference

from tests.unit.processors.builders import NOW_MS, rule_text, rules
from tests.unit.processors.policy.world import World

TEXT = '{en: {title: "{{ text }}"}}'
RULES = rules(
    rule_text("r", text=TEXT)
    + rule_text("s", text=TEXT, kind="other")
    + rule_text("d", text=TEXT, kind="d", digest="10m")
    + rule_text("hour", text=TEXT, digest="hourly")
    + rule_text("day", text=TEXT, digest="daily@02:30")
    + rule_text("short", text=TEXT, kind="short", ttl="5m")
    + rule_text("keyed", text=TEXT, kind="keyed", collapse_key='"{{ topic }}"')
    + rule_text("alarm", text=TEXT, kind="alarm", priority="critical", collapse_key='"{{ topic }}"')
)
MINUTE, HOUR = 60_000, 3_600_000
UNTIL_NINE = {"start_minute": 420, "end_minute": 540, "days": []}


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]


def ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def prefers(user: str = "ann", **wishes: Any) -> Preference:
    return Preference(user=user, updated_at=None, **wishes)  # type: ignore[arg-type]


def a_world(user: str = "ann", **wishes: Any) -> World:
    world = World(RULES, NOW_MS)
    world.wishes[user] = prefers(user, **wishes)
    return world


def now(world: World) -> list[str]:
    """Deals with all that has come; returns the titles of all that was told so far."""
    world.tick()
    world.work()
    world.ack_all()
    return [told["title"] for told in world.told]


def later(world: World, ms: int) -> list[str]:
    world.now_ms += ms
    return now(world)


def words(world: World) -> list[str]:
    return [decision["word"] for decision in world.decisions]


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


@pytest.mark.parametrize(
    "wishes",
    [{"caps": {"*": -1}}, {"digests": {"*": "daily@99999999999:00"}}, {"digests": {"*": "daily@-1:10"}}],
    ids=str,
)
def test_wishes_that_nobody_can_mean_silence_nobody(wishes: dict[str, Any]) -> None:
    """The gateway refuses them, another writer of the topic may not."""
    world = a_world(**wishes)
    world.draft("ann", "r", 1)
    assert (now(world), world.dead) == (["r 1"], [])


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
        {"time_zone": "Mars/Phobos", "quiet_hours": {"start_minute": 0, "end_minute": 60, "days": []}},
    ],
)
def test_wishes_that_make_no_sense_silence_nobody(wishes: dict[str, Any]) -> None:
    world = a_world(**wishes)
    world.draft("ann", "r", 1)
    assert now(world) == ["r 1"]


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
