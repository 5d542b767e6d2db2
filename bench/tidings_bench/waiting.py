"""Waiting for a condition."""

import time
from collections.abc import Callable

_LOOK_S = 0.1


def until(condition: Callable[[], bool], what: str, seconds: float) -> None:
    """Returns when it holds.

    Raises:
        TimeoutError: not within `seconds`; the text says what did not happen.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds:.0f} s: {what}")
        time.sleep(_LOOK_S)
