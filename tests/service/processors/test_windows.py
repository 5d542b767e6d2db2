"""What a worker knows of its own output when it starts."""

import pytest
from tidings_processors.core.record import SOURCE_HEADER
from tidings_processors.windows import Windows
from tidings_schemas import Notification
from tidings_schemas.topics import DRAFTS

from tests.service.processors.harness import NOW, Place

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


def test_a_window_is_as_long_after_a_start_as_before(place: Place) -> None:
    """Whatever was committed: a stage before may have been killed, and write again. It knows how far that reaches."""
    for number in range(_COUNT):
        value = place.codec.encode(Notification.avro_name, notification(number).to_avro())
        source = f"{DRAFTS.name}:0:{number}:0".encode()
        place.put("notifications", b"ann", value, [(SOURCE_HEADER, source)], 0, wait=number == _COUNT - 1)
    settings = place.settings
    windows = Windows(settings.kafka(), settings.namespace, DRAFTS.name, place.codec, _COUNT - 1)
    window = windows.read([0])[0]
    windows.close()
    assert len(window) == _COUNT - 1
    assert "n-0" not in window
    assert "n-1" in window
    assert window.restored_to == _COUNT - 1
