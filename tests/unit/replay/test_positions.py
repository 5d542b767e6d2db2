"""EventStreams' positions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tidings_replay.core.errors import BadSpan
from tidings_replay.core.positions import parse_positions, position_text, topics_of

places = st.tuples(st.sampled_from(["events.flights", "notifications"]), st.integers(0, 99))


@given(st.dictionaries(places, st.integers(0, 2**61), max_size=9))
def test_an_id_gives_back_its_positions(positions: dict[tuple[str, int], int]) -> None:
    """Text and back."""
    assert parse_positions(position_text(positions), ["events.flights", "notifications"]) == (positions, {})


def test_a_timestamp_may_stand_for_an_offset() -> None:
    """As Wikimedia's own ids have it; -1 means: from now on."""
    text = '[{"topic":"t","partition":0,"timestamp":1532031066001},{"topic":"t","partition":1,"offset":-1}]'
    assert parse_positions(text, ["t"]) == ({}, {("t", 0): 1532031066001})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "12",
        "{}",
        "[1]",
        '[{"topic":"t"}]',
        '[{"topic":"t","partition":-1,"offset":1}]',
        '[{"topic":"t","partition":0,"offset":"1"}]',
        '[{"topic":"t","partition":true,"offset":1}]',
        '[{"topic":"t","partition":0,"offset":99999999999999999999}]',
        '[{"topic":"t","partition":0,"timestamp":999999999999999999}]',
        '[{"topic":"t","partition":0}]',
        "[" + '{"topic":"t","partition":0,"offset":1},' * 2000 + "]",
    ],
)
def test_what_is_no_position_is_refused(text: str) -> None:
    """With an example of what is one."""
    with pytest.raises(BadSpan, match="Last-Event-ID must be an array"):
        parse_positions(text, ["t"])


def test_a_topic_outside_the_stream_is_refused() -> None:
    """An id of another stream."""
    with pytest.raises(BadSpan, match="does not have"):
        parse_positions('[{"topic":"secret","partition":0,"offset":1}]', ["t"])


def test_streams_are_topics_or_domains() -> None:
    """`flights` means `events.flights`."""
    assert topics_of("flights,notifications", ["events.flights", "notifications"]) == {
        "events.flights": "flights",
        "notifications": "notifications",
    }


@pytest.mark.parametrize("streams", ["nothing", "", ",", "flights,nothing"])
def test_a_stream_that_does_not_exist_is_refused(streams: str) -> None:
    """With those that do."""
    with pytest.raises(BadSpan):
        topics_of(streams, ["events.flights"])
