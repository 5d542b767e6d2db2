"""`--speed`: the events' own spacing, faster or slower. Time is passed in; who waits stands outside."""

import math

from .errors import BadSpan


def parse_speed(text: str) -> float:
    """`1` = as it was, `60` = a minute a second, `max` = as fast as it goes (infinity).

    Raises:
        BadSpan: not a number above 0, nor `max`.
    """
    if text == "max":
        return math.inf
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not 0 < speed < math.inf:
        raise BadSpan(f"{text!r} is no speed: write max, 1 (as it was) or a factor such as 60")
    return speed


class Pacer:
    """When each event is due. The first event is due at once; no event is due before one that came earlier.

    Args:
        speed: factor; infinity = everything is due at once.
        longest: seconds that a gap between two events may last at most, so that a quiet night does not stop a demo.
    """

    def __init__(self, speed: float, longest: float = math.inf) -> None:
        self._speed = speed
        self._longest = longest
        self._last: tuple[float, float] | None = None

    def delay(self, event_time: float, now: float) -> float:
        """Seconds to wait, at `now` (monotonic s), until the event of `event_time` (s since 1970) is due."""
        if math.isinf(self._speed):
            return 0.0
        if self._last is None:
            self._last = event_time, now
            return 0.0
        before, due = self._last
        gap = min(max(0.0, event_time - before) / self._speed, self._longest)
        self._last = max(before, event_time), due + gap
        return max(0.0, due + gap - now)
