"""Live notifications over Kafka. For backend services: `from tidings import Event, Publisher`."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tidings_producers import AsyncPublisher, Publisher
    from tidings_schemas.event import Event

__all__ = ["AsyncPublisher", "Event", "Publisher"]

#: Imported at first use: the command line imports this package for every `--help`.
_HOME = {"AsyncPublisher": "tidings_producers", "Event": "tidings_schemas.event", "Publisher": "tidings_producers"}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)
