"""A notification that all followers of a topic share: decoded once, made each reader's own when it is given to them.

What a user gets is, byte for byte but for `created_at`, what they would have got alone: id, text, order.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import orjson
from tidings_schemas.identity import MARK, mark_of, notification_id

from .record import Message

_HEAD = ("rule", "kind", "topic")
_TAIL = ("event_id", "event_type", "event_time", "created_at", "expires_at")


class Shared:
    """One shared notification.

    Args:
        record: the fields of a `SharedNotification`.

    Attributes:
        topic: whose followers it is for.
        created_at: who began to follow later does not get it.
        message: as nobody gets it: for its expiry.
    """

    def __init__(self, record: Mapping[str, Any]) -> None:
        self.topic: str = record["topic"]
        self.created_at: datetime = record["created_at"]
        expires = record["expires_at"]
        told = f"{record['event_id']}\n{record['rule']}"
        self.message = Message(
            "notification",
            record["id"],
            b"",
            topic=self.topic,
            collapse_key=record["collapse_key"],
            priority=record["priority"],
            expires_at=None if expires is None else expires.timestamp(),
            told=told,
        )
        self._record = record
        excepted: bytes = record["excepted"]
        self._excepted = {excepted[at : at + MARK] for at in range(0, len(excepted), MARK)}
        self._texts: list[dict[str, Any]] = record["texts"]
        self._by_reader = {reader: at for at, text in enumerate(self._texts) for reader in text["readers"]}
        self._bodies: dict[int, bytes] = {}  # JSON behind the user, by text

    def excepts(self, user: str) -> bool:
        """Whether the user is told, or not told, by a record of their own."""
        return bool(self._excepted) and mark_of(user) in self._excepted

    def message_of(self, user: str, locale: str, time_zone: str) -> Message:
        """The user's own."""
        record, base = self._record, self.message
        id = notification_id(record["event_source"], record["event_id"], record["rule"], user)
        data = b'{"id":"%b","user":%b,%b' % (id.encode(), orjson.dumps(user), self._body(self._pick(locale, time_zone)))
        return Message(
            base.event, id, data, user, base.topic, base.collapse_key, base.priority, base.expires_at, base.told
        )

    def _body(self, at: int) -> bytes:
        body = self._bodies.get(at)
        if body is None:
            record, text = self._record, self._texts[at]
            document = {name: record[name] for name in _HEAD}
            document |= {"title": text["title"], "body": text["body"]}
            document |= {name: record[name] for name in ("url", "priority", "collapse_key")}
            document |= {"locale": text["locale"]} | {name: record[name] for name in _TAIL} | {"count": 1, "items": []}
            body = self._bodies[at] = orjson.dumps(document, option=orjson.OPT_UTC_Z)[1:]
        return body

    def _pick(self, locale: str, time_zone: str) -> int:
        """The text that was written for such a reader; one who came later reads the nearest."""
        reader = f"{locale} {time_zone}"
        found = self._by_reader.get(reader)
        if found is None:
            found = self._by_reader[reader] = self._nearest(locale.replace("_", "-").lower())
        return found

    def _nearest(self, tag: str) -> int:
        while tag:
            for at, text in enumerate(self._texts):
                if text["locale"] == tag:
                    return at
            tag = tag.rpartition("-")[0]
        return 0


#: User and shared notification → what the user gets of it, None if it is not for them.
Personal = Callable[[str, Shared], Message | None]
