"""The clock that runs at another speed."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tidings_producers.core.playback import Playback

START = datetime(2013, 1, 10, tzinfo=UTC)
speeds = st.floats(0.01, 1e6)


def test_ten_minutes_a_second() -> None:
    """At speed 600, an hour takes six seconds."""
    assert Playback(START, 100.0, 600).due(START + timedelta(hours=1)) == 106.0


@given(speeds, st.integers(0, 365 * 24 * 3600))
def test_due_and_past_undo_each_other(speed: float, seconds: int) -> None:
    """When a time is due, the past's clock shows it."""
    playback = Playback(START, 100.0, speed)
    time = START + timedelta(seconds=seconds)
    error = abs(playback.past(playback.due(time)) - time)
    assert error < timedelta(seconds=1e-6 * speed + 1e-3)


def test_a_short_delay_is_caught_up() -> None:
    """A hiccup does not move the clock."""
    playback = Playback(START, 0.0, 1.0)
    assert playback.at(START + timedelta(seconds=10), now=14.0) == playback


def test_after_a_long_stop_it_goes_on_at_its_own_pace() -> None:
    """What was due during the stop is not rushed through: the next minute takes a minute."""
    time = START + timedelta(seconds=10)
    later = Playback(START, 0.0, 1.0).at(time, now=500.0)
    assert later.due(time) == 500.0
    assert later.due(time + timedelta(minutes=1)) == 560.0


@pytest.mark.parametrize("speed", [0, -1, float("nan")])
def test_time_runs_forward(speed: float) -> None:
    """No speed that stands still or runs back."""
    with pytest.raises(ValueError, match="greater than 0"):
        Playback(START, 0.0, speed)
