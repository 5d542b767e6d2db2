"""Decisions as people read them, and what silences a kind."""

from datetime import UTC, datetime
from typing import Any

import pytest
from tidings_processors.core.policy import Word, in_words, silenced
from tidings_schemas import Decision, Preference

AT = datetime(2026, 1, 10, 21, 30, tzinfo=UTC)


def decision(word: str, **more: Any) -> Decision:
    whole: dict[str, Any] = {"topic": None, "event_source": "/s", "event_id": "e"} | more
    return Decision(id="n-1", user="ann", rule="r", kind="k", word=word, at=AT, **whole)


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (
            decision(Word.HELD_QUIET_HOURS, until=datetime(2026, 1, 11, 6, tzinfo=UTC), time_zone="Europe/Vienna"),
            "held-quiet-hours until 2026-01-11 07:00 Europe/Vienna",
        ),
        (
            decision(Word.CAPPED, until=datetime(2026, 1, 10, 22, tzinfo=UTC), key="*", limit=3),
            "capped at 3 an hour of all together until 22:00 UTC",
        ),
        (
            decision(Word.HELD_DIGEST, until=datetime(2026, 1, 10, 22, tzinfo=UTC), key="k"),
            "held-digest of k until 22:00 UTC",
        ),
        (
            decision(Word.HELD_DIGEST, until=datetime(2026, 1, 11, 7, tzinfo=UTC), key="r", time_zone="Europe/Vienna"),
            "held-digest of the rule r until 2026-01-11 08:00 Europe/Vienna",
        ),
        (decision(Word.DIGESTED, by="d-1"), "digested into d-1"),
        (decision(Word.SUMMED, by="d-1"), "summed into d-1"),
        (decision(Word.COLLAPSED, by="n-2", key="flight:UA1"), "collapsed by n-2 (flight:UA1)"),
        (decision(Word.EXPIRED, until=AT), "expired at 21:30 UTC"),
        (decision(Word.MUTED_KIND, key="flight.departed"), "muted-kind flight.departed"),
        (decision(Word.DELIVERED), "delivered"),
        (decision("a-word-of-tomorrow"), "a-word-of-tomorrow"),
    ],
)
def test_each_decision_says_what_and_why(made: Decision, said: str) -> None:
    assert in_words(made) == said


@pytest.mark.parametrize(
    ("wishes", "word"),
    [
        ({}, None),
        ({"muted_topics": ["t"]}, Word.MUTED_TOPIC),
        ({"muted_kinds": ["k"]}, Word.MUTED_KIND),
        ({"channels": {"k": ["webhook"]}}, Word.CHANNEL_OFF),
        ({"channels": {"k": []}}, Word.CHANNEL_OFF),
        ({"channels": {"k": ["webhook", "sse"]}}, None),
        ({"channels": {"k": [], "t": ["sse"]}}, None),
        ({"channels": {"k": ["sse"], "t": []}}, Word.CHANNEL_OFF),
        ({"channels": {"*": []}}, Word.CHANNEL_OFF),
        ({"channels": {"*": [], "k": ["sse"]}}, None),
        ({"channels": {"other": []}}, None),
    ],
)
def test_mutes_and_channels_of_topic_kind_and_all(wishes: dict[str, Any], word: Word | None) -> None:
    """The topic's channels go before the kind's, the kind's before those of `*`; nothing said = everywhere."""
    assert silenced("k", "t", Preference("ann", AT, **wishes)) == word
