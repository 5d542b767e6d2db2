"""Shell: Ctrl-C and SIGTERM as an event, so that what was published is flushed before the process ends."""

import signal
import threading
from types import FrameType


def on_signals() -> threading.Event:
    """Set at the first SIGINT or SIGTERM; a second one ends the process at once. From the main thread only."""
    stop = threading.Event()

    def ask(number: int, _: FrameType | None) -> None:
        stop.set()
        signal.signal(number, signal.SIG_DFL)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, ask)
    return stop
