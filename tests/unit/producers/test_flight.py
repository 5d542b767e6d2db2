"""Rows of flights.csv as flights in UTC."""

from datetime import UTC, date, datetime

import pytest
from tidings_producers.core.flight import flight
from tidings_producers.core.places import Airport, names

AIRPORTS = names(
    [
        {
            "faa": "IAH",
            "name": "George Bush Intercontinental",
            "lat": "29.98",
            "lon": "-95.34",
            "tzone": "America/Chicago",
        },
        {"faa": "HNL", "name": "Honolulu Intl", "lat": "21.32", "lon": "-157.92", "tzone": "Pacific/Honolulu"},
        {"faa": "LAX", "name": "Los Angeles Intl", "lat": "33.94", "lon": "-118.41", "tzone": "America/Los_Angeles"},
        {"faa": "XXX", "name": "Nowhere", "lat": "0", "lon": "0", "tzone": "\\N"},
    ],
    [{"carrier": "UA", "name": "United Air Lines Inc."}],
).airports

ROW = {
    "year": "2013", "month": "1", "day": "1", "dep_time": "517", "sched_dep_time": "515", "dep_delay": "2",
    "arr_time": "830", "sched_arr_time": "819", "arr_delay": "11", "carrier": "UA", "flight": "1545",
    "tailnum": "N14228", "origin": "EWR", "dest": "IAH", "air_time": "227", "distance": "1400",
}  # fmt: skip


def _utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]


def test_times_are_local_to_each_airport() -> None:
    """New York leaves at its own time, Houston is reached at its own."""
    found = flight(ROW, AIRPORTS)
    assert (found.scheduled_departure, found.departed_at) == (_utc(2013, 1, 1, 10, 15), _utc(2013, 1, 1, 10, 17))
    assert (found.scheduled_arrival, found.arrived_at) == (_utc(2013, 1, 1, 14, 19), _utc(2013, 1, 1, 14, 30))
    assert (found.name, found.day) == ("UA1545", date(2013, 1, 1))


@pytest.mark.parametrize(
    ("leaves", "arrives", "to", "expected"),
    [
        ("2359", "318", "IAH", _utc(2013, 1, 2, 9, 18)),  # the next morning
        ("1000", "1545", "HNL", _utc(2013, 1, 2, 1, 45)),  # eleven hours, five of them by the clock
        ("2110", "16", "LAX", _utc(2013, 1, 2, 8, 16)),  # past midnight where it lands
        ("1700", "2400", "IAH", _utc(2013, 1, 2, 6, 0)),  # midnight is the day's end
    ],
)
def test_an_arrival_is_the_first_such_time_after_departure(
    leaves: str, arrives: str, to: str, expected: datetime
) -> None:
    """Overnight flights land on the right day."""
    row = ROW | {"sched_dep_time": leaves, "sched_arr_time": arrives, "dest": to}
    assert flight(row, AIRPORTS).scheduled_arrival == expected


def test_summer_time_counts() -> None:
    """In July New York is four hours behind, not five."""
    assert flight(ROW | {"month": "7"}, AIRPORTS).scheduled_departure == _utc(2013, 7, 1, 9, 15)


def test_a_delay_over_the_change_of_clocks_is_real_minutes() -> None:
    """Ninety minutes after 1:00 on 10 March are ninety minutes, though the clock jumps an hour."""
    row = ROW | {"month": "3", "day": "10", "sched_dep_time": "100", "dep_delay": "90"}
    assert flight(row, AIRPORTS).departed_at == _utc(2013, 3, 10, 7, 30)


def test_a_cancelled_flight_neither_departs_nor_arrives() -> None:
    """NA means that it did not happen."""
    found = flight(ROW | {"dep_delay": "NA", "arr_delay": "NA", "air_time": "NA", "tailnum": ""}, AIRPORTS)
    assert (found.departed_at, found.arrived_at, found.air_time_minutes, found.tail) == (None, None, None, None)


def test_airports_that_the_data_lack_are_known() -> None:
    """San Juan is flown to, and missing in airports.csv."""
    assert flight(ROW | {"dest": "SJU"}, AIRPORTS).scheduled_arrival == _utc(2013, 1, 1, 12, 19)
    assert AIRPORTS["SJU"] == Airport("SJU", "Luis Munoz Marin Intl", 18.4394, -66.0018, "America/Puerto_Rico")
    assert "XXX" not in AIRPORTS
