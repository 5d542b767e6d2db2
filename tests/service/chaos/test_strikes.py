"""A schedule carried out, on links of the test's own."""

from pathlib import Path

from confluent_kafka import Producer
from tidings.local import ports
from tidings_chaos.cluster import Cluster
from tidings_chaos.core.history import Fault
from tidings_chaos.links import CLIENTS, GATEWAYS, WORKERS, OwnLinks, Route
from tidings_chaos.poison import Poison
from tidings_chaos.recorder import Recorder
from tidings_chaos.schedule import Planned
from tidings_chaos.strikes import Strikes
from tidings_chaos.world import World
from tidings_schemas import catalogue
from tidings_schemas.codec import Codec, FixedSchemas

CALM_S = 0.5


async def test_a_calm_begins_when_all_is_healed_and_puts_off_what_follows(tmp_path: Path) -> None:
    """However long healing took; the faults behind it keep the distance that was planned."""
    world = a_world(tmp_path)
    planned = [
        Planned(0.0, "link-clients", 0.3, 1),
        Planned(0.1, "link-gateways", 0.1, 2, CALM_S),
        Planned(0.7, "link-workers", 0.1, 3),
    ]
    strikes = Strikes(world, world.recorder.now(), 60.0, print)
    await strikes.run(planned)
    world.cluster.links.close()
    at = {(e.nemesis, e.phase): e.at for e in world.recorder.entries if isinstance(e, Fault)}
    assert strikes.failures == []
    assert at["link-gateways", "start"] - at["link-clients", "heal"] >= CALM_S - 0.01
    assert at["link-workers", "start"] - at["link-clients", "heal"] >= CALM_S + 0.6 - 0.01


def a_world(folder: Path) -> World:
    """One in which nothing runs but the links."""
    links = OwnLinks()
    for link in (CLIENTS, GATEWAYS, WORKERS):
        free = ports.free_ports()
        links.open([Route(link, free.gateway, free.kafka)])
    events = catalogue.load()
    poison = Poison(Codec(events, FixedSchemas(events)))
    recorder = Recorder(folder / "history.jsonl")
    return World(Cluster(folder, links), recorder, poison, Producer({"bootstrap.servers": "127.0.0.1:1"}))
