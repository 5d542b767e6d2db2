"""Live notifications over Kafka.

    from tidings import Event, Publisher

Each name is imported when it is first used, so that the `tidings` command starts quickly.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tidings_producers.publisher import AsyncPublisher, Publisher
    from tidings_schemas.event import Event
    from tidings_schemas.records import Followable

__all__ = ["AsyncPublisher", "Event", "Followable", "Publisher"]

_HOME = {
    "AsyncPublisher": "tidings_producers.publisher",
    "Event": "tidings_schemas.event",
    "Followable": "tidings_schemas.records",
    "Publisher": "tidings_producers.publisher",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)
