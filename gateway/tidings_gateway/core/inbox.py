"""A user's inbox, folded from the stream itself, so that counts cannot drift from what devices saw."""

from dataclasses import dataclass
from datetime import datetime

import orjson

from .record import Message

UNREAD, SEEN, READ, DISMISSED = "unread", "seen", "read", "dismissed"
_RANK = {UNREAD: 0, SEEN: 1, READ: 2, DISMISSED: 3}


@dataclass(frozen=True, slots=True)
class Item:
    """A notification and what became of it: `unread`, `seen`, `read` or `dismissed`."""

    message: Message
    state: str

    @property
    def is_new(self) -> bool:
        """Whether it counts as unread: neither read nor dismissed."""
        return _RANK[self.state] < _RANK[READ]


class Inbox:
    """Messages applied in log order.

    A state only moves forward (seen → read → dismissed), whichever device speaks last; `unread` alone takes it
    back. A notification replaces an earlier one of the same collapse key that was still unread; but what is critical
    may have overtaken older news, which then are not shown.

    Args:
        capacity: notifications that it holds; the oldest give way.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._notifications: dict[str, Message] = {}  # oldest first
        self._states: dict[str, str] = {}
        self._newest: dict[str, str] = {}  # collapse key → id

    def apply(self, message: Message) -> None:
        """The next message of the log."""
        if message.event == "read-state":
            self._change(orjson.loads(message.data))
        else:
            self._add(message)

    def items(self, now: float) -> list[Item]:
        """What has not expired at `now` (unix seconds), newest first."""
        return [
            Item(message, self._states[id])
            for id, message in reversed(self._notifications.items())
            if message.expires_at is None or message.expires_at > now
        ]

    def _add(self, message: Message) -> None:
        key = message.collapse_key
        if key is not None:
            replaced = self._newest.get(key, "")
            if self._states.get(replaced) == UNREAD:
                if _overtook(self._notifications[replaced], message):
                    return
                self._remove(replaced)
            self._newest[key] = message.id
        self._notifications[message.id], self._states[message.id] = message, UNREAD
        if len(self._notifications) > self._capacity:
            self._remove(next(iter(self._notifications)))

    def _remove(self, id: str) -> None:
        key = self._notifications.pop(id).collapse_key
        del self._states[id]
        if key is not None and self._newest.get(key) == id:
            del self._newest[key]

    def _change(self, change: dict[str, object]) -> None:
        named, state = change["notifications"], str(change["state"])
        for id in named if isinstance(named, list) and named else list(self._states):
            current = self._states.get(id)
            if current is not None and (state == UNREAD or _RANK.get(state, -1) > _RANK[current]):
                self._states[id] = state


def _overtook(before: Message, message: Message) -> bool:
    """Whether the one before is critical, and of a newer event than the one that comes behind it."""
    if b'"critical"' not in before.data:
        return False
    first, second = orjson.loads(before.data), orjson.loads(message.data)
    times = first.get("event_time"), second.get("event_time")
    if first.get("priority") != "critical" or None in times:
        return False
    newer, older = (datetime.fromisoformat(time) for time in times)
    return newer > older
