"""A day of flights and some passengers for the notebook: `python docs/notebooks/flights_day.py` fills the Kafka of the
environment.

8 February 2013 in New York: a blizzard closes in, and most of the afternoon is delayed or cancelled. The flights are
real; the 400 passengers and what they follow are drawn with a fixed seed. Processors must run, for someone to be told.
"""

import random
import subprocess
import sys
import time
from datetime import UTC, datetime

from tidings_replay.core.span import Edge
from tidings_replay.topics import plan_topics
from tidings_schemas import Follow
from tidings_schemas.catalogue import load
from tidings_schemas.codec import Codec
from tidings_schemas.partitioner import partition_of
from tidings_schemas.producer import Producer
from tidings_schemas.registry import Registry
from tidings_schemas.settings import Settings
from tidings_schemas.topics import FOLLOWS, follow_key

DAY, NEXT = "2013-02-08", "2013-02-09"
PASSENGERS = 400
CARRIERS = {"UA": 24, "B6": 21, "EV": 19, "DL": 18, "AA": 12, "MQ": 10, "US": 7, "9E": 6, "WN": 5, "VX": 2}
AIRPORTS = {"EWR": 35, "JFK": 33, "LGA": 32, "BOS": 8, "ORD": 8, "ATL": 7, "MCO": 6, "LAX": 6, "FLL": 5}
ROUTES = ["EWR-ORD", "JFK-LAX", "LGA-ATL", "LGA-ORD", "JFK-SFO", "EWR-BOS", "LGA-BOS", "JFK-MCO", "EWR-SFO", "JFK-BOS"]


def follows(seed: int = 8) -> list[tuple[str, str]]:
    """(followed topic, user): everyone follows one to four things."""
    draw = random.Random(seed)
    pairs = []
    for number in range(PASSENGERS):
        choices = {
            f"carrier:{draw.choices(list(CARRIERS), list(CARRIERS.values()))[0]}",
            f"airport:{draw.choices(list(AIRPORTS), list(AIRPORTS.values()))[0]}",
            f"route:{draw.choice(ROUTES)}",
        }
        kept = draw.sample(sorted(choices), draw.randint(1, 2))
        pairs += [(topic, f"passenger-{number}") for topic in kept]
    return pairs


def fill(settings: Settings) -> None:
    """Publishes the follows, then plays the day as fast as it goes."""
    registry = Registry(settings.registry_url)
    codec, now = Codec(load(), registry), datetime.now(UTC)
    with Producer(settings) as producer:
        for topic, user in follows():
            value = codec.encode(Follow.avro_name, Follow(topic, user, now).to_avro())
            producer.produce(
                FOLLOWS, follow_key(topic, user), value, partition=partition_of(topic, settings.partitions)
            )
    registry.close()
    command = [sys.executable, "-m", "tidings", "source", "flights", "--from", DAY, "--until", NEXT, "--speed", "2000"]
    subprocess.run([*command, "--json"], check=True, stdout=subprocess.DEVNULL)


def until_quiet(settings: Settings) -> None:
    """Until notifications have come and no more are coming.

    Raises:
        TimeoutError: not within 180 s.
    """
    before, deadline = -1, time.monotonic() + 180
    while time.monotonic() < deadline:
        now = plan_topics(settings, ["notifications"], Edge(latest=False), Edge(latest=True)).size
        if now == before > 0:
            return
        before = now
        time.sleep(4)
    raise TimeoutError("the processors did not become quiet within 180 s")


if __name__ == "__main__":
    fill(Settings())
