"""Notifications as bytes: what is the same for all readers of a text is encoded once."""

from datetime import UTC, datetime
from functools import lru_cache

from tidings_schemas import Notification, Priority
from tidings_schemas.codec import Codec
from tidings_schemas.framing import SIZE

from .avro_bytes import long, optional_text, optional_time, text, time

_ONE_EVENT = long(1) + b"\x00"  # count 1, no items
_PRIORITIES = {priority: long(index) for index, priority in enumerate(Priority)}


class NotificationBytes:
    """Puts framed notifications together.

    Raises:
        SchemaNotRegistered, RegistryUnavailable: the id of `Notification` cannot be had.
        RuntimeError: Notification's schema is not what this was written for.
    """

    def __init__(self, codec: Codec) -> None:
        for sample in _SAMPLES:
            expected = codec.encode(Notification.avro_name, sample.to_avro())
            self._prefix = expected[:SIZE]
            if self._put_together(sample) != expected:
                raise RuntimeError(f"the schema of {Notification.avro_name} has changed: change {__name__} with it")

    @staticmethod
    @lru_cache(256)
    def rule_part(rule: str, kind: str) -> bytes:
        """What the rule says of itself."""
        return text(rule) + text(kind)

    @staticmethod
    def words_part(title: str, body: str, url: str | None) -> bytes:
        """What is read."""
        return text(title) + text(body) + optional_text(url)

    @staticmethod
    def event_part(
        priority: Priority, collapse_key: str | None, locale: str, event_id: str, event_type: str, event_ms: int
    ) -> bytes:
        """What the rule and the event say beyond the words."""
        return b"".join(
            (
                _PRIORITIES[priority],
                optional_text(collapse_key),
                text(locale),
                text(event_id),
                text(event_type),
                time(event_ms),
            )
        )

    def whole(
        self,
        new_id: str,
        user: str,
        topic: str | None,
        parts: tuple[bytes, bytes, bytes],
        created_ms: int,
        expires_ms: int | None,
    ) -> bytes:
        """The framed notification of one event; `parts` are the three above, in order."""
        rule, words, event = parts
        return b"".join(
            (
                self._prefix,
                text(new_id),
                text(user),
                rule,
                optional_text(topic),
                words,
                event,
                time(created_ms),
                optional_time(expires_ms),
                _ONE_EVENT,
            )
        )

    def _put_together(self, sample: Notification) -> bytes:
        parts = (
            self.rule_part(sample.rule, sample.kind),
            self.words_part(sample.title, sample.body, sample.url),
            self.event_part(
                Priority(sample.priority), sample.collapse_key, sample.locale, sample.event_id, sample.event_type, _MS
            ),
        )
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
