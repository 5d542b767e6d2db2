"""What a worker knows of its own output when it starts."""

from contextlib import closing

import pytest
from confluent_kafka import Consumer, KafkaException, TopicPartition
from tidings_processors.core.record import SOURCE_HEADER
from tidings_processors.windows import Windows
from tidings_schemas import Notification
from tidings_schemas.topics import DRAFTS

from tests.service.processors.harness import NOW, Place, until

pytestmark = pytest.mark.kafka

_COUNT = 10_010


def notification(number: int) -> Notification:
    return Notification(
        f"n-{number}",
        "ann",
        "r",
        "k",
        None,
        "t",
        "",
        None,
        "normal",
        None,
        "en",
        "e",
        "t",
        event_time=NOW,
        created_at=NOW,
    )


def commit_all(place: Place, group: str) -> None:
    """All drafts of partition 0 are done."""
    done = TopicPartition(place.settings.namespace.name(DRAFTS.name), 0, _COUNT)

    def committed() -> bool:
        try:
            consumer.commit(offsets=[done], asynchronous=False)
        except KafkaException:  # the group has no coordinator yet
            return False
        return True

    with closing(Consumer(place.settings.kafka(**{"group.id": group}))) as consumer:
        until(committed, "the commit")


def test_a_window_is_as_long_after_a_start_as_before(place: Place) -> None:
    """What lies before the last commit is read back, too: a stage before may have been killed, and write again."""
    for number in range(_COUNT):
        value = place.codec.encode(Notification.avro_name, notification(number).to_avro())
        source = f"{DRAFTS.name}:0:{number}:0".encode()
        place.put("notifications", b"ann", value, [(SOURCE_HEADER, source)], 0, wait=number == _COUNT - 1)
    commit_all(place, "workers")
    settings = place.settings
    windows = Windows(settings.kafka(), settings.namespace, DRAFTS.name, place.codec, _COUNT - 1)
    window = windows.read([0])[0]
    windows.close()
    assert len(window) == _COUNT - 1
    assert "n-0" not in window
    assert "n-1" in window
