"""The wire: everything that crosses a process in Tidings, and nothing else."""

from .event import Event
from .records import (
    DeadLetter,
    Decision,
    Draft,
    Follow,
    Followable,
    Notification,
    Preference,
    Priority,
    ReadState,
    Receipt,
    SharedNotification,
    State,
)

__all__ = [
    "DeadLetter",
    "Decision",
    "Draft",
    "Event",
    "Follow",
    "Followable",
    "Notification",
    "Preference",
    "Priority",
    "ReadState",
    "Receipt",
    "SharedNotification",
    "State",
]
