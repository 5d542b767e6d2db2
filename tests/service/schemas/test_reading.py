"""What other tests read topics with."""

from threading import Event, Timer

import pytest
from confluent_kafka import Producer
from tidings.local.services import Endpoints
from tidings_schemas.admin import ensure_topics
from tidings_schemas.settings import Settings
from tidings_schemas.topics import PREFERENCES

from tests.reading import read_all

pytestmark = pytest.mark.kafka


def test_a_topic_that_is_only_just_being_made_is_waited_for(kafka: Endpoints, namespace: str) -> None:
    """No topic is no empty topic: a test that asks too early must not be told that there is nothing."""
    settings = Settings(bootstrap_servers=kafka.bootstrap_servers, prefix=namespace, partitions=2)
    record, begun = (b"k", b"v"), Event()

    def make() -> None:
        begun.set()
        ensure_topics(settings, [PREFERENCES])
        producer = Producer(settings.kafka())
        producer.produce(settings.namespace.name(PREFERENCES), record[1], record[0])
        producer.flush(30)

    maker = Timer(0.5, make)
    maker.start()
    read_all(settings, PREFERENCES.name)  # there is a topic now, though perhaps without the record
    assert begun.is_set()
    maker.join()
    assert [(one.key(), one.value()) for one in read_all(settings, PREFERENCES.name)] == [record]


def test_a_topic_that_never_comes_is_told(kafka: Endpoints, namespace: str) -> None:
    """By its name."""
    settings = Settings(bootstrap_servers=kafka.bootstrap_servers, prefix=namespace)
    with pytest.raises(AssertionError, match=f"there is no topic {namespace}preferences"):
        read_all(settings, PREFERENCES.name, patience=0.3)
