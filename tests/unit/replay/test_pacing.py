"""The events' own spacing, on a clock that is passed in."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tidings_replay.core.errors import BadSpan
from tidings_replay.core.pacing import Pacer, parse_speed


def test_an_hour_passes_in_a_minute_at_speed_60() -> None:
    """The second event is due 60 s after the first."""
    pacer = Pacer(60)
    assert pacer.delay(0.0, now=100.0) == 0
    assert pacer.delay(3600.0, now=100.0) == 60


def test_time_that_has_passed_meanwhile_is_not_waited_for_again() -> None:
    """Writing took 40 s, so 20 s are left."""
    pacer = Pacer(60)
    pacer.delay(0.0, now=0.0)
    assert pacer.delay(3600.0, now=40.0) == 20


def test_max_never_waits() -> None:
    """`--speed max`."""
    pacer = Pacer(math.inf)
    assert [pacer.delay(t, now=0.0) for t in (0.0, 1e9)] == [0, 0]


def test_a_longest_gap_bounds_a_quiet_night() -> None:
    """Eight hours at speed 1 are shortened to 5 s."""
    pacer = Pacer(1, longest=5)
    pacer.delay(0.0, now=0.0)
    assert pacer.delay(8 * 3600.0, now=0.0) == 5


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=30), st.floats(0.1, 1000))
def test_the_whole_takes_its_span_divided_by_the_speed(times: list[float], speed: float) -> None:
    """Slept as told, the last of sorted events is due at span / speed, give or take rounding."""
    times.sort()
    pacer, now = Pacer(speed), 0.0
    for time in times:
        now += pacer.delay(time, now)
    assert now == pytest.approx((times[-1] - times[0]) / speed, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("text", ["0", "-1", "fast", "nan", ""])
def test_what_is_no_speed_is_refused(text: str) -> None:
    """The error says what may be written."""
    with pytest.raises(BadSpan, match="max"):
        parse_speed(text)
