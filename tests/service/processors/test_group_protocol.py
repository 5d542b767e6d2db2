"""Several workers: what each of them gets."""

from collections import Counter

import pytest
from confluent_kafka.admin import AdminClient
from tidings_processors.agents import topics_of
from tidings_processors.settings import STAGES
from tidings_processors.settings import Settings as WorkerSettings

from tests.service.processors.harness import PARTITIONS, Place, until

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(180)]


def test_a_second_worker_gets_its_part_of_every_stage(place: Place) -> None:
    """The brokers give it one of the two partitions of each topic, although the first had all of them."""
    topics = {name for names in topics_of(STAGES, ("demo",), ()).values() for name in names}
    chosen = {"TIDINGS_GROUP_PROTOCOL": "consumer", "TIDINGS_DOMAINS": "demo"}
    admin = AdminClient(place.settings.kafka())
    with place.worker(**chosen):
        until(lambda: held(admin, place) == [dict.fromkeys(topics, PARTITIONS)], "the first has all", 60)
        with place.worker(**chosen):
            shared = [dict.fromkeys(topics, 1)] * 2
            until(lambda: held(admin, place) == shared, "each has one partition of each topic", 90)


def held(admin: AdminClient, place: Place) -> list[dict[str, int]]:
    """For each member of the workers' group how many partitions of which topic (bare name) it has."""
    group = WorkerSettings(prefix=place.settings.prefix).group
    members = admin.describe_consumer_groups([group])[group].result(20).members
    bare = place.settings.namespace.bare
    return [
        dict(Counter(bare(one.topic) for one in (member.assignment.topic_partitions if member.assignment else ())))
        for member in members
    ]
