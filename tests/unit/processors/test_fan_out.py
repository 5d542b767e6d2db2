"""Fan-out: a draft for a topic in, the same bytes for each follower out; and the index of followers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tidings_processors.core import stage as stages
from tidings_processors.core.failures import StateNotHereYet
from tidings_processors.core.fan_out import CLOCKS_MS, FanOut
from tidings_processors.core.follower_index import FollowerIndex
from tidings_processors.core.match import OLDEST_MS, Match

from tests.unit.processors.builders import (
    CODEC,
    DELAYED,
    MAX_BYTES,
    MESSAGE,
    NOW_MS,
    UNTIMED,
    dead,
    delayed,
    event,
    matched,
    message,
    read_in,
    record,
    rule_text,
    rules,
)

RULES = rules(rule_text("r", match=DELAYED, audience='{followers: ["flight:{flight}"]}'))
MATCHES = read_in(matched(RULES, [record(event(delayed(), traceparent="00-a-b-03"))]), "matches", partition=2)


def index(**topics: list[str]) -> FollowerIndex:
    made = FollowerIndex()
    for topic, users in topics.items():
        for user in users:
            made.add(topic.replace("_", ":"), user, 0)
    return made


def test_each_follower_gets_the_bytes_of_the_match() -> None:
    step = FanOut(CODEC, lambda _: index(flight_UA1545=["ann", "bob"], flight_UA1=["eve"])).process(MATCHES, NOW_MS)
    assert {(out.topic, out.key) for out in step.outs} == {("drafts", b"ann"), ("drafts", b"bob")}
    assert {out.value for out in step.outs} == {MATCHES[0].value}
    assert [out.headers for out in step.outs] == [
        [("tidings-src", b"matches:2:0:%d" % i), ("traceparent", b"00-a-b-03")] for i in range(2)
    ]


def test_a_topic_that_nobody_follows_is_silent() -> None:
    step = FanOut(CODEC, lambda _: FollowerIndex()).process(MATCHES, NOW_MS)
    assert (step.outs, step.done, step.counts) == ([], 1, {"silent.no-followers": 1})


def test_the_followers_are_those_of_the_records_partition() -> None:
    asked: list[int] = []

    def followers(partition: int) -> FollowerIndex:
        asked.append(partition)
        return index(flight_UA1545=["ann"])

    FanOut(CODEC, followers).process(MATCHES, NOW_MS)
    assert asked == [2]


def test_nothing_goes_out_before_the_followers_are_restored() -> None:
    def followers(_: int) -> FollowerIndex:
        raise StateNotHereYet("restoring")

    step = FanOut(CODEC, followers).process(MATCHES, NOW_MS)
    assert (step.outs, step.done) == ([], 0)
    assert isinstance(step.waiting, StateNotHereYet)


def test_bad_matches_are_dead_letters_and_the_good_get_through() -> None:
    wrong = record(CODEC.encode(MESSAGE, message()), 1, topic="matches", key=b"flight:UA1545")
    keyless = MATCHES[0]._replace(key=None, offset=2)
    garbage = record(b"\x07", 3, topic="matches")
    step = FanOut(CODEC, lambda _: index(flight_UA1545=["ann"])).process([*MATCHES, wrong, keyless, garbage], NOW_MS)
    assert [(letter.offset, letter.error_class, letter.stage) for letter in dead(step.outs)] == [
        (1, "InvalidEvent", "fan-out"),
        (2, "InvalidEvent", "fan-out"),
        (3, "UndecodableValue", "fan-out"),
    ]
    assert [out.key for out in step.outs if out.topic == "drafts"] == [b"ann"]


def test_a_step_ends_where_it_would_fill_the_memory() -> None:
    """Popular topics give so many outputs that a run is taken in several steps."""
    many = index(flight_UA1545=[f"u{i}" for i in range(stages.MAX_OUTS // 2 + 1)])
    run = [MATCHES[0]._replace(offset=offset) for offset in range(3)]
    first = FanOut(CODEC, lambda _: many).process(run, NOW_MS)
    assert (first.done, first.waiting) == (2, None)
    assert len(first.outs) == 2 * (stages.MAX_OUTS // 2 + 1)


TOPICS, USERS = st.sampled_from(["a", "b"]), st.integers(0, 30).map("u{}".format)
MOMENTS = st.integers(0, 5)


@given(st.lists(st.tuples(st.booleans(), TOPICS, USERS, MOMENTS), max_size=120), MOMENTS)
def test_the_index_is_a_dict_of_pairs(changes: list[tuple[bool, str, str, int]], at: int) -> None:
    """However few or many follow a topic, however they come and go, and since when."""
    mine = FollowerIndex()
    model: dict[tuple[str, str], int] = {}
    for follows, topic, user, since in changes:
        if follows:
            mine.add(topic, user, since)
            model[topic, user] = since
        else:
            mine.remove(topic, user)
            model.pop((topic, user), None)
    for topic in ("a", "b"):
        everybody = sorted(user for t, user in model if t == topic)
        assert sorted(mine.of(topic, at)) == [user for user in everybody if model[topic, user] <= at]
        assert mine.count(topic) == len(everybody)
        assert sorted(mine.among(topic, {"u1", "u2", "u99"})) == sorted({"u1", "u2"}.intersection(everybody))
    assert len(mine) == len({topic for topic, _ in model})


@pytest.mark.parametrize("followers", [1, 5, 100])
def test_what_was_asked_before_a_change_stays_as_it_was(followers: int) -> None:
    """A stage holds the followers it was given while the reader's thread changes the index."""
    made = index(a=[f"u{i}" for i in range(followers)])
    before = made.of("a", NOW_MS)
    made.remove("a", "u0")
    made.add("a", "new", 0)
    assert sorted(before) == sorted(f"u{i}" for i in range(followers))


def test_an_event_is_for_those_who_followed_when_it_came() -> None:
    """And, since clocks differ, for who followed right behind it."""
    made = index(flight_UA1545=["ann"])
    made.add("flight:UA1545", "bob", NOW_MS + CLOCKS_MS)
    made.add("flight:UA1545", "eve", NOW_MS + CLOCKS_MS + 1)
    step = FanOut(CODEC, lambda _: made).process(MATCHES, NOW_MS)
    assert [out.key for out in step.outs] == [b"ann", b"bob"]


def test_who_began_to_follow_between_an_event_and_its_replay_is_not_told_of_it() -> None:
    """They may have been told of a later one before, and would see a line of events out of order.

    Match is replayed too, so the time that counts is the event's.
    """
    happened = record(event(delayed()), timestamp_ms=NOW_MS - 3000)
    replayed = read_in(Match(CODEC, UNTIMED, lambda: RULES, MAX_BYTES).process([happened], NOW_MS).outs, "matches")
    made = index(flight_UA1545=["ann"])
    made.add("flight:UA1545", "bob", NOW_MS - 1000)
    step = FanOut(CODEC, lambda _: made).process(replayed, NOW_MS)
    assert [out.key for out in step.outs] == [b"ann"]


@pytest.mark.parametrize(("ago_ms", "counts_ms"), [(-5000, 0), (0, 0), (3000, 3000), (OLDEST_MS + 1, OLDEST_MS)])
def test_a_match_bears_its_events_time_within_bounds(ago_ms: int, counts_ms: int) -> None:
    """A producer's clock that is wrong keeps nobody waiting for long."""
    outs = matched(RULES, [record(event(delayed()), timestamp_ms=NOW_MS - ago_ms)])
    assert [out.timestamp_ms for out in outs] == [NOW_MS - counts_ms]
