"""Snapshots of inboxes: each user's is folded once from the log and then kept up from where it was left."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime

import orjson

from .core.cursor import Cursor, parse
from .core.inbox import Inbox, Item
from .core.record import Message

_USERS = 5_000
_NOTIFICATIONS = 500


@dataclass(slots=True)
class Kept:
    """An inbox, and the cursor behind what it was folded from."""

    cursor: Cursor
    inbox: Inbox


class Inboxes:
    """The inboxes of the users who asked lately; the least recent give way.

    Args:
        users: how many inboxes to keep.
        notifications: how many each holds.
    """

    def __init__(self, users: int = _USERS, notifications: int = _NOTIFICATIONS) -> None:
        self._users = users
        self._notifications = notifications
        self._kept: OrderedDict[str, Kept] = OrderedDict()

    def position(self, user: str, epoch: bytes, partition: int) -> Cursor | None:
        """Where the user's inbox can be kept up from; None if it must be folded anew."""
        kept = self._kept.get(user)
        if kept is not None and (kept.cursor.epoch, kept.cursor.partition) == (epoch, partition):
            return kept.cursor
        self.forget(user)
        return None

    def forget(self, user: str) -> None:
        """The user's inbox must be folded anew."""
        self._kept.pop(user, None)

    def keep_up(self, user: str, start: Cursor, messages: list[tuple[str, bytes]], cursor: str) -> Kept:
        """Applies what came between `start` and `cursor`. What another call has kept up meanwhile stays as it is."""
        kept = self._kept.get(user)
        if kept is None:
            kept = self._kept[user] = Kept(start, Inbox(self._notifications))
        self._kept.move_to_end(user)
        end = parse(cursor)
        if kept.cursor == start and isinstance(end, Cursor):
            for event, data in messages:
                kept.inbox.apply(_message(event, data))
            kept.cursor = end
        while len(self._kept) > self._users:
            self._kept.popitem(last=False)
        return kept


def as_json(item: Item) -> dict[str, object]:
    """The notification's JSON object with its `state`."""
    document: dict[str, object] = orjson.loads(item.message.data)
    return document | {"state": item.state}


def _message(event: str, data: bytes) -> Message:
    document = orjson.loads(data)
    expires = document.get("expires_at")
    return Message(
        event,
        document["id"],
        data,
        collapse_key=document.get("collapse_key"),
        expires_at=datetime.fromisoformat(expires).timestamp() if expires else None,
    )
