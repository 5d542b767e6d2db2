"""Fan-out: a draft for a topic in, the same bytes for each follower out; and the index of followers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tidings_processors.core import stage as stages
from tidings_processors.core.failures import StateNotHereYet
from tidings_processors.core.fan_out import FanOut
from tidings_processors.core.follower_index import FollowerIndex

from tests.unit.processors.builders import (
    CODEC,
    DELAYED,
    MESSAGE,
    NOW_MS,
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
            made.add(topic.replace("_", ":"), user)
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


@given(st.lists(st.tuples(st.booleans(), TOPICS, USERS), max_size=120))
def test_the_index_is_a_set_of_pairs(changes: list[tuple[bool, str, str]]) -> None:
    """However few or many follow a topic, and however they come and go."""
    mine, model = FollowerIndex(), set()
    for follows, topic, user in changes:
        if follows:
            mine.add(topic, user)
            model.add((topic, user))
        else:
            mine.remove(topic, user)
            model.discard((topic, user))
    for topic in ("a", "b"):
        assert sorted(mine.of(topic)) == sorted(user for t, user in model if t == topic)
    assert len(mine) == len({topic for topic, _ in model})


@pytest.mark.parametrize("followers", [1, 5, 100])
def test_what_was_asked_before_a_change_stays_as_it_was(followers: int) -> None:
    """A stage holds the followers it was given while the reader's thread changes the index."""
    made = index(a=[f"u{i}" for i in range(followers)])
    before = made.of("a")
    made.remove("a", "u0")
    made.add("a", "new")
    assert sorted(before) == sorted(f"u{i}" for i in range(followers))
