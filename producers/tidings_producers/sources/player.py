"""Shell: publishes moments when they are due, however long Kafka is away."""

import threading
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic

import structlog
from tidings_schemas.errors import Transient
from tidings_schemas.event import Event

from tidings_producers.core.playback import Playback
from tidings_producers.core.timetable import Moment
from tidings_producers.publisher import Publisher

log = structlog.get_logger(__name__)

_TICK_S = 0.2  # how often progress is shown while nothing is due


@dataclass
class Played:
    """How far it is: the past's clock, and how many events of each type were published."""

    clock: datetime
    by_type: Counter[str] = field(default_factory=Counter)

    @property
    def events(self) -> int:
        """All events so far."""
        return self.by_type.total()


def play(
    moments: Iterable[Moment],
    publisher: Publisher,
    playback: Playback,
    stop: threading.Event,
    show: Callable[[Played], object] = lambda _: None,
) -> Played:
    """Publishes each moment's event when it is due, until there are no more or `stop` is set.

    Raises:
        Permanent: an event can never be published; nothing after it was.
    """
    played = Played(playback.start)
    for moment in moments:
        while (left := playback.due(moment.time) - monotonic()) > 0 and not stop.is_set():
            stop.wait(min(left, _TICK_S))
            played.clock = min(moment.time, playback.past(monotonic()))
            show(played)
        if stop.is_set() or not persist(publisher, moment.event, stop):
            break
        playback = playback.at(moment.time, monotonic())
        played.clock = moment.time
        played.by_type[moment.event.type] += 1
        show(played)
    return played


def persist(publisher: Publisher, event: Event, stop: threading.Event) -> bool:
    """Publishes an event, again and again while Kafka or the registry is away; False once `stop` is set.

    Raises:
        Permanent: it can never be published.
    """
    while not stop.is_set():
        try:
            publisher.publish(event, timeout=1.0)
        except Transient as error:
            log.warning("waiting to publish", event=event.id, error=str(error))
            stop.wait(1.0)
        else:
            return True
    return False
