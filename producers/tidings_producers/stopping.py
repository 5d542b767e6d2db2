"""Shell: how a source ends: asked by Ctrl-C or SIGTERM, after what was published is flushed, but not for ever."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from tidings_schemas.settings import Settings

from .publisher import Publisher

#: Less than what supervisors give a process between the request to end and the kill.
_LAST_FLUSH_S = 8.0


@contextmanager
def patient_publisher(settings: Settings) -> Iterator[Publisher]:
    """A publisher for a source: waits for Kafka as long as it takes, but at the end only a few seconds.

    What did not reach Kafka then is published by the next run, which reads there how far this one came.

    Raises:
        Undelivered: at the end, some events had not reached Kafka.
    """
    publisher = Publisher(settings, delivery_timeout=None)
    try:
        yield publisher
    finally:
        publisher.close(_LAST_FLUSH_S)


def on_signals() -> threading.Event:
    """Set at the first SIGINT or SIGTERM; a second one ends the process at once. From the main thread only."""
    stop = threading.Event()

    def ask(number: int, _: FrameType | None) -> None:
        stop.set()
        signal.signal(number, signal.SIG_DFL)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, ask)
    return stop
