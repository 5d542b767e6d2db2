"""Several workers: what each of them gets."""

import pytest
from confluent_kafka.admin import AdminClient
from tidings_processors.agents import topics_of
from tidings_processors.settings import STAGES

from tests.service.processors.harness import PARTITIONS, Place, held, until

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
