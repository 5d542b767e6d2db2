"""Topics and their names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tidings_schemas.topics import (
    CORE,
    DEAD_LETTERS,
    FOLLOWED_TOPIC,
    FOLLOWS,
    Namespace,
    domain_of,
    domains_of,
    events_topic,
    follow_key,
    parse_follow_key,
)


@given(st.from_regex(FOLLOWED_TOPIC, fullmatch=True), st.text(min_size=1))
def test_a_follows_key_comes_apart_again(topic: str, user: str) -> None:
    """Whatever a user is called, topic and user are told apart."""
    assert parse_follow_key(follow_key(topic, user)) == (topic, user)


def test_a_key_without_separator_is_refused() -> None:
    """A foreign record on `follows` is noticed."""
    with pytest.raises(ValueError, match="no follow's key"):
        parse_follow_key(b"airport:JFK")


@pytest.mark.parametrize(("event_type", "domain"), [("tidings.flights.FlightDelayed", "flights"), ("Order", "default")])
def test_an_events_domain_is_its_namespaces_last_part(event_type: str, domain: str) -> None:
    """The topic follows from the type."""
    assert domain_of(event_type) == domain
    assert events_topic(domain).name == f"events.{domain}"


@pytest.mark.parametrize("domain", ["", "Upper", "a b", "../x", "x" * 62])
def test_a_domain_that_makes_no_topic_is_refused(domain: str) -> None:
    """No event type can name a topic that Kafka would refuse."""
    with pytest.raises(ValueError, match="no domain"):
        events_topic(domain)


def test_a_users_own_events_get_topics() -> None:
    """Those of Tidings' own records do not, nor what would make no topic."""
    records = ["tidings.Notification", "tidings.flights.FlightDelayed", "shop.Orders.Placed", "a._b.C"]
    assert domains_of(records) == ["demo", "flights", "git", "orders"]


def test_namespaces_never_meet() -> None:
    """A prefix goes before every name and comes off again."""
    mine = Namespace("t1.")
    assert [mine.bare(mine.name(topic)) for topic in CORE] == [topic.name for topic in CORE]
    assert mine.name("follows") == mine.name(FOLLOWS) == "t1.follows"


def test_policies_are_kafkas_own_words() -> None:
    """State is compacted, streams expire, and a dead letter may be larger than any event."""
    assert FOLLOWS.config()["cleanup.policy"] == "compact"
    assert events_topic("x").config() | {"retention.ms": "604800000"} == events_topic("x").config()
    assert all(
        int(DEAD_LETTERS.config()["max.message.bytes"]) >= int(topic.config()["max.message.bytes"]) for topic in CORE
    )
