"""Shell: the flights source. Plays the flights of 2013 as if they happened now.

A run is known by its source, `/flights/nyc/<first day>/<pass>`: ids are unique within it, and the same row is the same
event each time. So a source that is started again from the same day reads the end of `events.flights` and goes on where
it was; nothing is told twice, nothing is left out. `again` plays anew as the next pass: new events, of which
people are told again.
"""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from time import monotonic

import structlog
from tidings_schemas.settings import Settings
from tidings_schemas.topics import events_topic

from tidings_producers.core.places import NEW_YORK
from tidings_producers.core.playback import Playback
from tidings_producers.core.run import Run, progress_of
from tidings_producers.core.timetable import LASTS, Moment, timeline
from tidings_producers.publisher import Publisher

from .nycflights import FIRST, LAST, NycFlights
from .player import Played, play
from .recent import recent

log = structlog.get_logger(__name__)

#: Seconds before the end of what was told within which a crash may have lost events of single partitions.
_UNSURE_S = 5.0


@dataclass(frozen=True)
class Plan:
    """What to play: from `start` to `until` (aware; None = the data's end), how fast, over and over or once.

    `restart` begins at `start` with the same ids, though an earlier run got further; `again` as the next pass.
    """

    start: datetime
    speed: float
    until: datetime | None = None
    loop: bool = False
    restart: bool = False
    again: bool = False


def run(
    plan: Plan,
    data: NycFlights,
    settings: Settings,
    publisher: Publisher,
    stop: threading.Event,
    show: Callable[[Played], object] = lambda _: None,
) -> Played:
    """Plays until the plan's end or `stop`; returns what was played in all passes together.

    Raises:
        BrokerUnavailable: Kafka does not say where an earlier run was.
        Permanent: an event can never be published.
    """
    now = _begin(plan, settings)
    total = Played(now.at)
    while not stop.is_set():
        shown = partial(_show_sum, show, total)
        played = play(_moments(plan, data, now), publisher, Playback(now.at, monotonic(), plan.speed), stop, shown)
        total = _sum(total, played)
        if not plan.loop or (not played.events and not now.told):
            break
        now = now.next_pass(plan.start)
    return total


def _begin(plan: Plan, settings: Settings) -> Run:
    """Where to begin: at the start, or where an earlier run was."""
    base = f"/flights/nyc/{plan.start.astimezone(NEW_YORK):%Y-%m-%dT%H%M}"
    if plan.restart:
        return Run(base, 1, plan.start, plan.start)
    unsure = timedelta(seconds=_UNSURE_S * plan.speed)
    found = progress_of(recent(settings, events_topic("flights").name), base, plan.start, unsure)
    if plan.again and found.told:
        return found.next_pass(plan.start)
    if found.told:
        log.info("going on where an earlier run stopped", at=found.at.isoformat(), run=found.source)
    return found


def _moments(plan: Plan, data: NycFlights, now: Run) -> Iterator[Moment]:
    first = max(FIRST, (now.since - LASTS).astimezone(NEW_YORK).date())
    last = LAST
    if plan.until is not None:
        last = min(LAST, (plan.until + timedelta(days=1)).astimezone(NEW_YORK).date())
    for moment in timeline(data.days(first, last), data.names, now.source):
        if plan.until is not None and moment.time >= plan.until:
            return
        if moment.time >= now.since and moment.event.id not in now.told:
            yield moment


def _sum(one: Played, other: Played) -> Played:
    return Played(other.clock, one.by_type + other.by_type)


def _show_sum(show: Callable[[Played], object], before: Played, part: Played) -> None:
    show(_sum(before, part))
