"""librdkafka's own log lines: what it says again and again is told once in a while.

A client whose broker is away says so up to twenty times a second; a service's log, or a person's terminal, wants it
once, and then that it is still so.
"""

import logging
import re
from collections.abc import Callable
from time import monotonic

#: The same cause from another client or thread, or after another while, is the same line.
_PASSING = re.compile(r"\[[^\]]*\]:?|\(after [^)]*\)|\(.*time\(s\)[^)]*\)")

_REMEMBERED = 1_000


class Repeats(logging.Filter):
    """Lets a line through, and its like again only `every` seconds later, with how many were left out.

    Args:
        every: seconds.
        clock: seconds that only grow.
    """

    def __init__(self, every: float = 30.0, clock: Callable[[], float] = monotonic) -> None:
        super().__init__()
        self._every = every
        self._clock = clock
        self._told: dict[str, tuple[float, int]] = {}  # when it was last told, and how often it came since

    def filter(self, record: logging.LogRecord) -> bool:
        """See `logging.Filter.filter`."""
        text, now = record.getMessage(), self._clock()
        like = _PASSING.sub("", text)
        told, left_out = self._told.get(like, (-self._every, 0))
        if now - told < self._every:
            self._told[like] = told, left_out + 1
            return False
        if len(self._told) >= _REMEMBERED:
            self._told.clear()
        self._told[like] = now, 0
        if left_out:
            record.msg, record.args = f"{text} ({left_out} times more since)", None
        return True


#: Where every client's lines go; `Settings.kafka()` hands it to them.
LOGGER = logging.getLogger("tidings.kafka")
LOGGER.addFilter(Repeats())
