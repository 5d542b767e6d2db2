"""What users may follow."""

from dataclasses import replace

from tidings_producers.core.followables import Leg, changed, of_flights
from tidings_producers.core.places import MISSING, Names
from tidings_schemas.topics import FOLLOWED_TOPIC

NAMES = Names({airport.code: airport for airport in MISSING}, {"B6": "JetBlue Airways"})
LEGS = [Leg("B6", "B6727", "SJU", "BQN"), Leg("B6", "B6727", "SJU", "BQN"), Leg("B6", "B6727", "BQN", "PSE")]


def test_airports_carriers_routes_and_flights_of_the_legs() -> None:
    """Each once, named as the rules name them."""
    found = of_flights(LEGS, NAMES)
    assert [one.topic for one in found] == [
        "airport:BQN",
        "airport:PSE",
        "airport:SJU",
        "carrier:B6",
        "route:BQN-PSE",
        "route:SJU-BQN",
        "flight:B6727",
    ]
    assert all(FOLLOWED_TOPIC.fullmatch(one.topic) for one in found)
    assert found[0].title == "Rafael Hernandez (BQN)"
    assert found[0].latitude == 18.4949
    assert found[-1].subtitle == "JetBlue Airways · BQN → PSE, SJU → BQN"


def test_only_what_is_new_or_other_is_announced() -> None:
    """A second start announces nothing."""
    wanted = of_flights(LEGS, NAMES)
    known = {one.topic: one for one in wanted}
    assert changed(known, wanted) == []
    known["carrier:B6"] = replace(known["carrier:B6"], title="Old Name")
    del known["airport:SJU"]
    assert [one.topic for one in changed(known, wanted)] == ["airport:SJU", "carrier:B6"]
