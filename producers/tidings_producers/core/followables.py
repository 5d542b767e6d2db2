"""What users may follow of the flights, and which of it has to be announced."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from tidings_schemas.records import Followable

from .places import Airport, Names


class Leg(NamedTuple):
    """A flight number on a route: `flight` UA1545, `origin` EWR, `destination` IAH."""

    carrier: str
    flight: str
    origin: str
    destination: str


def of_flights(legs: Iterable[Leg], names: Names) -> list[Followable]:
    """Airports, carriers, routes and flights that occur in `legs`; topics as `airport:JFK`, `carrier:UA`,
    `route:EWR-IAH`, `flight:UA1545`."""
    legs = sorted(set(legs))
    codes = sorted({code for leg in legs for code in (leg.origin, leg.destination)})
    return [
        *(_airport(names.airports[code]) for code in codes if code in names.airports),
        *(_carrier(code, names) for code in sorted({leg.carrier for leg in legs})),
        *(_route(a, b, names) for a, b in sorted({(leg.origin, leg.destination) for leg in legs})),
        *_flights(legs, names),
    ]


def changed(known: Mapping[str, Followable], wanted: Iterable[Followable]) -> list[Followable]:
    """Those of `wanted` that are not `known` just so, by topic."""
    return [followable for followable in wanted if known.get(followable.topic) != followable]


def _airport(airport: Airport) -> Followable:
    title = f"{airport.name} ({airport.code})"
    return Followable(f"airport:{airport.code}", "airport", title, "", airport.latitude, airport.longitude)


def _carrier(code: str, names: Names) -> Followable:
    return Followable(f"carrier:{code}", "carrier", f"{names.carriers.get(code, code)} ({code})")


def _route(origin: str, destination: str, names: Names) -> Followable:
    subtitle = f"{_name(origin, names)} → {_name(destination, names)}"
    return Followable(f"route:{origin}-{destination}", "route", f"{origin} → {destination}", subtitle)


def _flights(legs: list[Leg], names: Names) -> Iterator[Followable]:
    ways: dict[str, list[Leg]] = {}
    for leg in legs:
        ways.setdefault(leg.flight, []).append(leg)
    for flight, flown in ways.items():
        carrier = names.carriers.get(flown[0].carrier, flown[0].carrier)
        first = ", ".join(f"{leg.origin} → {leg.destination}" for leg in flown[:3])
        yield Followable(f"flight:{flight}", "flight", flight, f"{carrier} · {first}{', …' if len(flown) > 3 else ''}")


def _name(code: str, names: Names) -> str:
    airport = names.airports.get(code)
    return airport.name if airport else code
