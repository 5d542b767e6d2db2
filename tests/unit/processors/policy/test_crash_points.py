"""Each place where a worker may die on the way of a held notification: nothing is lost, nothing is told twice.

The way: hold (entry) → ack → release (notification) → ack → word (decision) → ack → note (entry) → ack → commit.
"""

from collections.abc import Callable
from typing import Any

import pytest
from tidings_processors.core.policy.entry import State
from tidings_schemas import Preference

from tests.unit.processors.builders import NOW_MS, UNTIMED, rule_text, rules
from tests.unit.processors.policy.world import World

TEXT = '{en: {title: "{{ text }}"}}'
RULES = rules(
    rule_text("r", text=TEXT)
    + rule_text("d", kind="d", digest="10m")
    + rule_text("keyed", text=TEXT, collapse_key='"{{ topic }}"')
    + rule_text("day", kind="day", digest="{every: daily@08:10, most: 2}")
)
MINUTE = 60_000
NOTHING: dict[str, int] = {}


def prefers(**wishes: Any) -> Preference:
    return Preference(user="ann", updated_at=None, **wishes)  # type: ignore[arg-type]


def a_world(**wishes: Any) -> World:
    world = World(RULES, NOW_MS)
    world.wishes["ann"] = prefers(**wishes)
    return world


def quiet_world() -> World:
    """Quiet from now on for 10 minutes (it is 8:00 UTC)."""
    return a_world(quiet_hours={"start_minute": 480, "end_minute": 490, "days": []})


def pass_time(world: World) -> None:
    world.now_ms += 11 * MINUTE
    world.tick()


def before_the_hold_arrives(world: World) -> None:
    world.work()
    world.crash(NOTHING)


def when_the_hold_arrived_unheard(world: World) -> None:
    world.work()
    world.crash({"policy": 9})


def when_the_word_of_the_hold_arrived_alone(world: World) -> None:
    world.work()
    world.crash({"decisions": 9})


def after_the_hold(world: World) -> None:
    world.work()
    world.ack_all()
    world.crash(NOTHING)


def _release(world: World) -> None:
    world.work()
    world.ack_all()
    pass_time(world)
    world.work()


def before_the_notification_arrives(world: World) -> None:
    _release(world)
    world.crash(NOTHING)


def when_the_notification_arrived_unheard(world: World) -> None:
    _release(world)
    world.crash({"notifications": 9})


def between_notification_and_word(world: World) -> None:
    _release(world)
    world.ack("notifications")
    world.crash(NOTHING)


def between_word_and_note(world: World) -> None:
    _release(world)
    world.ack("notifications")
    world.ack("decisions")
    world.crash(NOTHING)


def when_the_note_arrived_before_the_commit(world: World) -> None:
    _release(world)
    world.ack("notifications")
    world.ack("decisions")
    world.crash({"policy": 9})


def after_all(world: World) -> None:
    _release(world)
    world.ack_all()
    world.crash(NOTHING)


POINTS = [
    before_the_hold_arrives,
    when_the_hold_arrived_unheard,
    when_the_word_of_the_hold_arrived_alone,
    after_the_hold,
    before_the_notification_arrives,
    when_the_notification_arrived_unheard,
    between_notification_and_word,
    between_word_and_note,
    when_the_note_arrived_before_the_commit,
    after_all,
]


@pytest.mark.parametrize("point", POINTS, ids=lambda point: point.__name__)
def test_what_quiet_hours_hold_is_told_once(point: Callable[[World], None]) -> None:
    world = quiet_world()
    world.draft("ann", "r", 1)
    point(world)
    world.settle()
    assert [told["title"] for told in world.told] == ["r 1"]
    assert [decision["word"] for decision in world.decisions][-1] == "delivered"


@pytest.mark.parametrize("rule", ["d", "day"])
@pytest.mark.parametrize("point", POINTS, ids=lambda point: point.__name__)
def test_a_digest_is_told_once_and_whole(point: Callable[[World], None], rule: str) -> None:
    """Due by a span or by the clock, in 10 minutes both."""
    world = a_world()
    for n in range(3):
        world.draft("ann", rule, n)
    point(world)
    world.settle()
    assert [(told["count"], len(told["items"])) for told in world.told] == [(3, 3 if rule == "d" else 2)]
    last = {decision["id"]: decision for decision in world.decisions}
    assert [decision["word"] for decision in last.values()] == ["digested"] * 3
    assert {decision["by"] for decision in last.values()} == {world.told[0]["id"]}


@pytest.mark.parametrize("point", POINTS[4:], ids=lambda point: point.__name__)
def test_whoever_changes_their_mind_in_a_crash_is_not_told_twice(point: Callable[[World], None]) -> None:
    """Wishes that change between a telling and its replay would lead elsewhere; what was told stays told."""
    for wishes in ({"digests": {"*": "hourly"}}, {"quiet_hours": {"start_minute": 480, "end_minute": 600, "days": []}}):
        world = a_world()
        for n in range(2):
            world.draft("ann", "d", n)
        point(world)
        world.wishes["ann"] = prefers(**wishes)
        world.settle()
        assert [told["count"] for told in world.told] == [2]


@pytest.mark.parametrize("away_minutes", [0, 11], ids=["at once", "until it is due"])
def test_what_gave_way_is_not_told_after_a_crash(away_minutes: int) -> None:
    """The newer one was told, and the note that the held one gave way is lost: the replay finds that out anew."""
    world = quiet_world()
    world.draft("ann", "keyed", 1, key="t")
    world.work()
    world.ack_all()
    world.wishes["ann"] = prefers()
    world.draft("ann", "keyed", 2, key="t")
    world.work()
    world.ack("notifications")
    world.now_ms += away_minutes * MINUTE
    world.crash(NOTHING)
    world.settle()
    assert [told["title"] for told in world.told] == ["keyed 2"]
    assert [decision["word"] for decision in world.decisions] == ["held-quiet-hours", "collapsed"]


def test_nothing_is_made_of_what_kafka_may_not_have() -> None:
    """A digest that is due waits for the ack of its last item: else a crash could tell that one in the next as well."""
    world = a_world()
    world.draft("ann", "d", 1)
    world.work()
    pass_time(world)
    world.work()
    assert (world.told, len(world.book)) == ([], 1)
    world.ack_all()
    world.tick()
    world.work()
    world.ack_all()
    assert [told["count"] for told in world.told] == [1]


def test_what_is_done_stays_done_though_a_late_write_says_that_it_is_held() -> None:
    """A worker that was stopped, and lost its partition, may still write when it goes on."""
    world = a_world()
    world.draft("ann", "d", 1)
    _release(world)
    world.ack_all()
    held = next(value for _, value in world.policy if value and UNTIMED.decode(value)[1]["state"] == State.HELD)
    world.policy.append((world.told[0]["id"], held))
    world.committed = len(world.drafts)
    world.start()
    world.settle()
    assert len(world.told) == 1


def test_what_counts_for_a_cap_counts_after_a_crash() -> None:
    """The note that something was told comes last; a replay makes up for one that was lost."""
    world = a_world(caps={"k": 1})
    world.draft("ann", "r", 1)
    world.work()
    world.crash({"notifications": 1})
    world.draft("ann", "r", 2)
    world.work()
    world.ack_all()
    assert [told["title"] for told in world.told] == ["r 1"]
    assert [decision["word"] for decision in world.decisions] == ["capped"]
