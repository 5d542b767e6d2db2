"""Notifications as bytes: what is the same for all readers of a text is encoded once."""

from datetime import UTC, datetime
from functools import lru_cache

from tidings_schemas import Notification, Priority
from tidings_schemas.codec import Codec
from tidings_schemas.framing import SIZE

from .avro_bytes import Joins, join_of, long, text

_ONE_EVENT = long(1) + b"\x00"  # count 1, no items
#: By value, not by member: an enum's hash is Python code.
_PRIORITIES = {priority.value: long(index) for index, priority in enumerate(Priority)}


class NotificationParts:
    """Encodes what all readers of a text share.

    Args:
        joins: makes what encodes.
    """

    def __init__(self, joins: Joins = join_of) -> None:
        self._words = joins("ssS.Sssst")

    @staticmethod
    @lru_cache(256)
    def rule(rule: str, kind: str) -> bytes:
        """What the rule says of itself."""
        return text(rule) + text(kind)

    def words(
        self,
        title: str,
        body: str,
        url: str | None,
        priority: Priority,
        collapse_key: str | None,
        locale: str,
        event_id: str,
        event_type: str,
        event_ms: int,
    ) -> bytes:
        """What is read, and what the rule and the event say beyond that."""
        urgency = _PRIORITIES[priority.value]
        return self._words(title, body, url, urgency, collapse_key, locale, event_id, event_type, event_ms)


class NotificationBytes:
    """Puts framed notifications together.

    Args:
        joins: makes what encodes.

    Raises:
        SchemaNotRegistered, RegistryUnavailable: the id of `Notification` cannot be had.
        RuntimeError: Notification's schema is not what this was written for.
    """

    def __init__(self, codec: Codec, joins: Joins = join_of) -> None:
        self._whole, self._parts = joins(".ss.S.tT."), NotificationParts(joins)
        for sample in _SAMPLES:
            expected = codec.encode(Notification.avro_name, sample.to_avro())
            self._prefix = expected[:SIZE]
            if self._put_together(sample) != expected:
                raise RuntimeError(f"the schema of {Notification.avro_name} has changed: change {__name__} with it")

    def whole(
        self,
        new_id: str,
        user: str,
        topic: str | None,
        parts: tuple[bytes, bytes],
        created_ms: int,
        expires_ms: int | None,
    ) -> bytes:
        """The framed notification of one event; `parts` are those of `NotificationParts`, in order."""
        rule, words = parts
        return self._whole(self._prefix, new_id, user, rule, topic, words, created_ms, expires_ms, _ONE_EVENT)

    def _put_together(self, sample: Notification) -> bytes:
        words = self._parts.words(
            *(sample.title, sample.body, sample.url, Priority(sample.priority), sample.collapse_key, sample.locale),
            *(sample.event_id, sample.event_type, _MS),
        )
        parts = self._parts.rule(sample.rule, sample.kind), words
        expires = None if sample.expires_at is None else _MS
        return self.whole(sample.id, sample.user, sample.topic, parts, _MS, expires)


_MS = 1_357_806_600_123
_TIME = datetime(2013, 1, 10, 8, 30, 0, 123_000, UTC)
_SAMPLES = tuple(
    Notification(
        id="i",
        user="u",
        rule="r",
        kind="k",
        topic="flight:X" if full else None,
        title="t",
        body="b",
        url="/x" if full else None,
        priority=priority.value,
        collapse_key="c" if full else None,
        locale="en",
        event_id="e",
        event_type="y",
        event_time=_TIME,
        created_at=_TIME,
        expires_at=_TIME if full else None,
    )
    for full in (True, False)
    for priority in Priority
)
