"""The wire: everything that crosses a process in Tidings, and nothing else."""

from .event import Event
from .records import (
    DeadLetter,
    Draft,
    Follow,
    Followable,
    Notification,
    Preference,
    Priority,
    ReadState,
    Receipt,
    State,
)

__all__ = [
    "DeadLetter",
    "Draft",
    "Event",
    "Follow",
    "Followable",
    "Notification",
    "Preference",
    "Priority",
    "ReadState",
    "Receipt",
    "State",
]
