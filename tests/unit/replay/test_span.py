"""`--from` and `--to` as people write them."""

from datetime import UTC, datetime, timedelta

import pytest
from tidings_replay.core.errors import BadSpan
from tidings_replay.core.span import At, Back, Edge, Offset, Offsets, parse_bound, parse_duration

NOW = datetime(2026, 1, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        ("2013-01-10", At(datetime(2013, 1, 10, tzinfo=UTC))),
        ("2013-01-10T06:30", At(datetime(2013, 1, 10, 6, 30, tzinfo=UTC))),
        ("2013-01-10T06:30:00Z", At(datetime(2013, 1, 10, 6, 30, tzinfo=UTC))),
        ("2013-01-10T06:30+02:00", At(datetime(2013, 1, 10, 4, 30, tzinfo=UTC))),
        ("-2h", At(NOW - timedelta(hours=2))),
        ("-1d12h", At(NOW - timedelta(hours=36))),
        ("-0.5h", At(NOW - timedelta(minutes=30))),
        ("1234", Offset(1234)),
        ("0", Offset(0)),
        ("0:1234,3:99", Offsets({0: 1234, 3: 99})),
        ("-500", Back(500)),
        ("earliest", Edge(latest=False)),
        ("now", Edge(latest=True)),
    ],
)
def test_a_bound_is_read_as_it_is_documented(text: str, bound: object) -> None:
    """Each documented form gives its bound."""
    assert parse_bound(text, NOW) == bound


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2h", "-2y", "0:1,x", "12:", "2013-13-01", "--5", "²", "-²", "-999999999999999999w"]
)
def test_what_is_no_bound_is_refused_with_examples(text: str) -> None:
    """The error says what may be written instead."""
    with pytest.raises(BadSpan, match="-2h"):
        parse_bound(text, NOW)


def test_a_duration_adds_its_pieces_up() -> None:
    """Weeks to seconds."""
    assert parse_duration("1w1d1h1m1s") == timedelta(weeks=1, days=1, hours=1, minutes=1, seconds=1)


def test_a_duration_without_a_unit_is_refused() -> None:
    """A bare number could be anything."""
    with pytest.raises(BadSpan):
        parse_duration("90")


@pytest.mark.parametrize("text", ["0001-01-01", "1969-12-31T23:59:59", "-2000000w", "-200000w"])
def test_a_time_before_kafkas_first_is_its_first(text: str) -> None:
    """Brokers refuse negative timestamps, and give special ones a meaning of their own."""
    bound = parse_bound(text, NOW)
    assert isinstance(bound, At)
    assert bound.ms == 0
