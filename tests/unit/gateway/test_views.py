"""What the views know after which changes."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tidings_gateway.views.change import Change
from tidings_gateway.views.followables import Followables, fold
from tidings_gateway.views.follows import Follows
from tidings_gateway.views.preferences import Preferences
from tidings_schemas.topics import follow_key

SINCE = datetime(2013, 1, 10, tzinfo=UTC)


def follow(topic: str, user: str) -> Change:
    """The user follows the topic."""
    return Change(follow_key(topic, user), {"topic": topic, "user": user, "since": SINCE})


def unfollow(topic: str, user: str) -> Change:
    """The user no longer follows the topic."""
    return Change(follow_key(topic, user), None)


def followable(topic: str, title: str, subtitle: str = "", kind: str | None = None) -> Change:
    """The topic may be followed."""
    record: dict[str, Any] = {"topic": topic, "kind": kind or topic.partition(":")[0], "title": title}
    return Change(topic.encode(), record | {"subtitle": subtitle, "latitude": None, "longitude": None})


def announced(*changes: Change) -> Followables:
    """A search over these."""
    followables = Followables()
    followables.apply(list(changes))
    return followables


AIRPORTS = announced(
    followable("airport:JFK", "John F Kennedy Intl (JFK)", "New York"),
    followable("airport:EWR", "Newark Liberty Intl (EWR)", "New York"),
    followable("airport:GRU", "São Paulo Guarulhos (GRU)", "Brazil"),
    followable("route:JFK-LAX", "JFK → LAX", "New York to Los Angeles"),
    followable("route:EWR-IAH", "EWR → IAH", "Newark to Houston"),
    followable("flight:UA1545", "UA1545", "United, EWR → IAH"),
    followable("flight:UA154", "UA154", "United, LAX → ORD"),
)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["u", "v|w", "|"]), st.booleans()), max_size=40))
def test_follows_are_those_that_were_last_begun_and_not_ended(steps: list[tuple[str, str, bool]]) -> None:
    """After any history each user follows exactly the topics whose last change was a follow."""
    view, expected = Follows(), set()
    for topic, user, begins in steps:
        view.apply([follow(topic, user) if begins else unfollow(topic, user)])
        (expected.add if begins else expected.discard)((user, topic))
    assert {(user, topic) for user in ("u", "v|w", "|") for topic in view.of(user)} == expected


def test_who_follows_nothing_takes_no_memory() -> None:
    """A user who ended the last follow is forgotten."""
    view = Follows()
    view.apply([follow("a", "u"), unfollow("a", "u"), unfollow("b", "never")])
    assert len(view) == 0


def test_when_a_topic_was_followed_is_known_after_its_end() -> None:
    """For shared notifications of that time: from the follow's beginning on, up to its end."""
    view, second = Follows(), timedelta(seconds=1)
    ends = SINCE + 5 * second
    view.apply([follow("a", "u"), unfollow("a", "u")._replace(at_ms=round(ends.timestamp() * 1000))])
    moments = [SINCE - second, SINCE, ends - second, ends]
    assert [view.followed_at("u", "a", moment) for moment in moments] == [False, True, True, False]
    assert view.has_followed("u", "a")
    assert not view.has_followed("u", "b")
    view.apply([Change(follow_key("a", "u"), {"since": ends + second})])
    assert [view.followed_at("u", "a", moment) for moment in (SINCE, ends, ends + second)] == [True, False, True]


def test_a_topic_whose_followers_changed_has_another_number() -> None:
    """Follow, end of a follow, and what is forgotten for room; a topic that nothing happened to keeps its own."""
    view = Follows()
    numbers = [view.changes("a")]
    for change in (follow("a", "u"), unfollow("a", "u"), follow("a", "v")):
        view.apply([change])
        numbers.append(view.changes("a"))
    assert len(set(numbers)) == len(numbers)
    others = [view.changes(f"topic-{number}") for number in range(2000)]
    view.apply([follow("a", "w")])
    assert sum(view.changes(f"topic-{number}") == before for number, before in enumerate(others)) > 1900


def test_what_is_forgotten_for_room_is_a_change_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever remembered who followed the topic asks again."""
    monkeypatch.setattr("tidings_gateway.views.follows._ENDED", 1)
    view = Follows()
    view.apply([follow("a", "u"), unfollow("a", "u")])
    before = view.changes("a")
    view.apply([follow("b", "u"), unfollow("b", "u")])
    assert not view.has_followed("u", "a")
    assert view.changes("a") != before


@pytest.mark.parametrize("stamp", [-1, 2**60, -(2**60)])
def test_an_end_of_no_time_ends_a_follow(stamp: int) -> None:
    """As if it had not been; the view goes on."""
    view = Follows()
    view.apply([follow("a", "u"), unfollow("a", "u")._replace(at_ms=stamp), follow("b", "u")])
    assert list(view.of("u")) == ["b"]
    assert not view.followed_at("u", "a", SINCE)


def test_a_foreign_key_is_passed_over() -> None:
    """A key that is none of ours does not keep the next follow from being seen."""
    view = Follows()
    view.apply([Change(b"no separator", None), Change(b"\xff|u", None), follow("a", "u")])
    assert view.since("u", "a") == SINCE


def test_what_was_handed_out_does_not_change() -> None:
    """A list of follows that a request holds stays as it was while the view goes on."""
    view = Follows()
    view.apply([follow("a", "u")])
    held = view.of("u")
    view.apply([follow("b", "u")])
    assert list(held) == ["a"]


def test_the_last_preference_counts_until_it_is_withdrawn() -> None:
    """A preference replaces the one before, and after a tombstone the defaults hold again."""
    view = Preferences()
    record = {"user": "u", "updated_at": SINCE, "locale": "de", "time_zone": "Europe/Berlin"}
    view.apply([Change(b"u", record), Change(b"u", record | {"locale": "fr"})])
    assert view.of("u").locale == "fr"
    view.apply([Change(b"u", None)])
    assert view.of("u").locale == "en"


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("jfk", "airport:JFK"),
        ("JFK ", "airport:JFK"),
        ("ewr-iah", "route:EWR-IAH"),
        ("ewr iah", "route:EWR-IAH"),
        ("ua1545", "flight:UA1545"),
        ("ua154", "flight:UA154"),
        ("UA 1545", "flight:UA1545"),
        ("1545", "flight:UA1545"),
        ("sao paulo", "airport:GRU"),
        ("SÃO", "airport:GRU"),
        ("kennedy", "airport:JFK"),
        ("new yo jo", "airport:JFK"),
        ("houston", "route:EWR-IAH"),
    ],
)
def test_the_best_comes_first(query: str, first: str) -> None:
    """The exact code comes first, then what begins so, then words; case, accents and order do not matter."""
    assert AIRPORTS.search(query)[0].topic == first


@pytest.mark.parametrize("query", ["xyz", "ewr xyz", "(", "→", "ork"])
def test_what_does_not_match_is_not_found(query: str) -> None:
    """Each word of the query must begin a word of the entry."""
    assert AIRPORTS.search(query) == []


def test_an_empty_query_lists_everything_of_the_kind() -> None:
    """Without words the kind alone chooses."""
    assert [f.topic for f in AIRPORTS.search("", kind="flight")] == ["flight:UA154", "flight:UA1545"]


def test_no_more_than_the_limit() -> None:
    """A search gives at most `limit` entries."""
    assert len(AIRPORTS.search("", limit=3)) == 3


def test_a_new_title_replaces_the_old_one() -> None:
    """After a change only the new words find the entry, and after a tombstone none does."""
    view = announced(followable("airport:X", "Old"), followable("airport:X", "New"))
    assert (view.search("old"), len(view.search("new"))) == ([], 1)
    view.apply([Change(b"airport:X", None)])
    assert (view.search("new"), len(view)) == ([], 0)


@given(st.lists(st.tuples(st.text(max_size=12), st.text(max_size=12)), min_size=1, max_size=20), st.data())
def test_every_entry_is_found_by_its_own_words(entries: list[tuple[str, str]], data: st.DataObject) -> None:
    """Whatever people call things, each entry is found by any word of its title."""
    view = announced(*(followable(f"t:{i}", title, subtitle) for i, (title, subtitle) in enumerate(entries)))
    number = data.draw(st.integers(0, len(entries) - 1))
    for word in "".join(c if c.isalnum() else " " for c in fold(entries[number][0])).split():
        assert f"t:{number}" in {found.topic for found in view.search(word, limit=100)}


@given(st.text())
def test_what_is_folded_stays_as_it_is(text: str) -> None:
    """Folding again changes nothing, so that a word of the index is found by typing it."""
    assert fold(fold(text)) == fold(text)


def test_letters_that_only_look_different_are_found() -> None:
    """A bold A has a case only once it is decomposed; it is an a all the same."""
    assert fold("\U0001d400bc") == "abc"
