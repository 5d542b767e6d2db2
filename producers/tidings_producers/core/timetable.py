"""Flights → events in the order of time.

When something became known is not in the data. Taken here: a flight is announced six hours before it is to leave; that
it is late is known when it should have left; that it is cancelled, an hour before. Departures and arrivals happen when
they happened. Diverted flights depart and do not arrive: the data say nothing certain of them.
"""

import heapq
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from tidings_schemas.event import Event

from .flight import Flight
from .places import NEW_YORK, Names

ANNOUNCED_BEFORE = timedelta(hours=6)
CANCELLED_BEFORE = timedelta(hours=1)
#: A day's flights go on after it: with the longest delay in the data (1,301 minutes) and flight (Honolulu), two days.
LASTS = timedelta(days=2)
_NAMESPACE = "tidings.flights"


class Moment(NamedTuple):
    """Something to tell, and when, UTC."""

    time: datetime
    event: Event


def timeline(days: Iterable[tuple[date, Iterable[Flight]]], names: Names, source: str) -> Iterator[Moment]:
    """The events of consecutive days' flights, in order of time; lazily, so that a year need not fit in memory.

    An event's id is made of its row, so the same row makes the same event each time.
    """
    waiting: list[tuple[datetime, int, Moment]] = []
    count = 0
    for day, flights in days:
        for moment in (moment for flight in flights for moment in moments(flight, names, source)):
            heapq.heappush(waiting, (moment.time, count, moment))
            count += 1
        later = _midnight(day + timedelta(days=1)) - ANNOUNCED_BEFORE  # nothing of a later day comes before
        while waiting and waiting[0][0] < later:
            yield heapq.heappop(waiting)[2]
    while waiting:
        yield heapq.heappop(waiting)[2]


def moments(flight: Flight, names: Names, source: str) -> list[Moment]:
    """What there is to tell of one flight, in order of time."""
    leaves, late, left, came = (
        flight.scheduled_departure,
        flight.departure_delay,
        flight.departed_at,
        flight.arrived_at,
    )
    known = _known(flight, names)
    planned = known | {"scheduled_arrival": flight.scheduled_arrival}
    told = [
        _moment(
            flight, source, leaves - ANNOUNCED_BEFORE, "Scheduled", planned | {"distance_miles": flight.distance_miles}
        )
    ]
    if late is None or left is None:
        return [*told, _moment(flight, source, leaves - CANCELLED_BEFORE, "Cancelled", planned)]
    if late > 0:
        told.append(
            _moment(flight, source, leaves, "Delayed", planned | {"delay_minutes": late, "estimated_departure": left})
        )
    told.append(_moment(flight, source, left, "Departed", planned | {"departed_at": left, "delay_minutes": late}))
    if came is not None and flight.arrival_delay is not None:
        arrival = {
            "arrived_at": came,
            "delay_minutes": flight.arrival_delay,
            "air_time_minutes": flight.air_time_minutes,
        }
        told.append(_moment(flight, source, came, "Arrived", known | arrival))
    return told


def _known(flight: Flight, names: Names) -> dict[str, Any]:
    """The fields that all flight events share."""
    origin, destination = names.airports.get(flight.origin), names.airports.get(flight.destination)
    return {
        "flight": flight.name,
        "carrier": flight.carrier,
        "carrier_name": names.carriers.get(flight.carrier),
        "number": flight.number,
        "tail": flight.tail,
        "origin": flight.origin,
        "origin_name": origin.name if origin else None,
        "destination": flight.destination,
        "destination_name": destination.name if destination else None,
        "scheduled_departure": flight.scheduled_departure,
    }


def _moment(flight: Flight, source: str, time: datetime, what: str, data: dict[str, Any]) -> Moment:
    local = flight.scheduled_departure.astimezone(NEW_YORK)
    return Moment(
        time,
        Event(
            type=f"{_NAMESPACE}.Flight{what}",
            data=data,
            id=f"{flight.day}/{flight.name}/{flight.origin}-{flight.destination}/{local:%H%M}/{what.lower()}",
            source=source,
            subject=flight.name,
            time=time,
        ),
    )


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=NEW_YORK)
