"""Flights → events in the order of time."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tidings_producers.core.flight import Flight
from tidings_producers.core.places import MISSING, Names
from tidings_producers.core.timetable import moments, timeline
from tidings_schemas import catalogue
from tidings_schemas.codec import Codec, FixedSchemas

NAMES = Names({airport.code: airport for airport in MISSING}, {"UA": "United Air Lines Inc."})
CODEC = Codec(catalogue.load(), FixedSchemas(catalogue.load()))
DAY = date(2013, 1, 10)
NOON = datetime(2013, 1, 10, 17, tzinfo=UTC)  # in New York


def _flight(**changes: Any) -> Flight:
    given_: dict[str, Any] = {
        "day": DAY,
        "carrier": "UA",
        "number": 1545,
        "tail": None,
        "origin": "EWR",
        "destination": "SJU",
        "distance_miles": 1608,
        "scheduled_departure": NOON,
        "scheduled_arrival": NOON + timedelta(hours=4),
        "departure_delay": 45,
        "arrival_delay": 30,
        "air_time_minutes": 190,
    }
    return Flight(**given_ | changes)


def _told(**changes: Any) -> list[tuple[str, timedelta]]:
    found = moments(_flight(**changes), NAMES, "/f")
    return [(moment.event.type.rpartition("Flight")[2], moment.time - NOON) for moment in found]


@st.composite
def _days(draw: st.DrawFn) -> list[tuple[date, list[Flight]]]:
    days = []
    for number in range(draw(st.integers(1, 4))):
        day = DAY + timedelta(days=number)
        midnight = datetime(day.year, day.month, day.day, 5, tzinfo=UTC)  # in New York
        minutes = draw(st.lists(st.integers(1, 24 * 60 - 1), max_size=6, unique=True))
        late = st.one_of(st.none(), st.integers(-43, 1301))
        flights = [
            _flight(
                day=day,
                number=minute,
                scheduled_departure=midnight + timedelta(minutes=minute),
                scheduled_arrival=midnight + timedelta(minutes=minute + 120),
                departure_delay=draw(late),
                arrival_delay=draw(late),
            )
            for minute in minutes
        ]
        days.append((day, flights))
    return days


def test_a_late_flight_is_told_of_step_by_step() -> None:
    """Announced, delayed when it should have left, departed, arrived."""
    hour = timedelta(hours=1)
    assert _told() == [
        ("Scheduled", -6 * hour),
        ("Delayed", 0 * hour),
        ("Departed", 0.75 * hour),
        ("Arrived", 4.5 * hour),
    ]


def test_a_flight_on_time_is_not_delayed() -> None:
    """Early or to the minute, nobody hears of a delay."""
    assert [what for what, _ in _told(departure_delay=0)] == ["Scheduled", "Departed", "Arrived"]
    assert [what for what, _ in _told(departure_delay=-5)] == ["Scheduled", "Departed", "Arrived"]


def test_a_cancelled_flight_is_told_an_hour_before() -> None:
    """And nothing after it."""
    told = _told(departure_delay=None, arrival_delay=None)
    assert told == [("Scheduled", timedelta(hours=-6)), ("Cancelled", timedelta(hours=-1))]


def test_a_diverted_flight_departs_only() -> None:
    """What the data do not say for certain is not told."""
    assert [what for what, _ in _told(arrival_delay=None)] == ["Scheduled", "Delayed", "Departed"]


@given(_days())
def test_all_events_come_in_order_and_none_is_missing(days: list[tuple[date, list[Flight]]]) -> None:
    """The lazy merge of days yields just the events of all flights, by time."""
    merged = list(timeline(days, NAMES, "/f"))
    every = [moment for _, flights in days for flight in flights for moment in moments(flight, NAMES, "/f")]
    assert [moment.time for moment in merged] == sorted(moment.time for moment in every)
    assert {moment.event.id for moment in merged} == {moment.event.id for moment in every}
    assert len(merged) == len(every) == len({moment.event.id for moment in every})


@given(_days())
def test_every_event_fits_its_schema(days: list[tuple[date, list[Flight]]]) -> None:
    """The source never makes what the publisher would refuse."""
    for moment in timeline(days, NAMES, "/f"):
        CODEC.check(moment.event.type, moment.event.data)


def test_the_same_row_is_the_same_event() -> None:
    """Ids are made of the row, and tell the steps apart."""
    first, again = moments(_flight(), NAMES, "/f"), moments(_flight(), NAMES, "/f")
    assert [moment.event for moment in first] == [moment.event for moment in again]
    assert first[1].event.id == "2013-01-10/UA1545/EWR-SJU/1200/delayed"
    assert first[1].event.data["estimated_departure"] == NOON + timedelta(minutes=45)
    assert first[1].event.subject == "UA1545"
