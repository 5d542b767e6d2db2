"""What is told to all followers of a popular topic at once, and to whom of them it is told one by one after all.

Fan-out writes one draft to each partition, with an empty key and the header `tidings-shared`, which names those of the
partition's followers who have wishes that must be weighed for each; they get drafts of their own behind it, with the
same header, empty. Deliver makes the shared draft a `SharedNotification`, in the words of every reader it may have.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from tidings_schemas import SharedNotification
from tidings_schemas.codec import Codec
from tidings_schemas.identity import MARK, mark_of, notification_id

from .failures import RuleFailed
from .record import RecordIn
from .rendering import Event, Rendering, Wording
from .rules import Rule

SHARED_HEADER = "tidings-shared"
#: Whose preferences say nothing: locale and time zone.
DEFAULT_READER = ("en", "UTC")
#: Title and body of all texts of one record, bytes; Kafka takes 1 MiB. Who finds no text reads the nearest one.
MAX_TEXT_BYTES = 512 * 1024
#: Followers of a partition who may be excepted from what is shared: 256 KiB of marks, beside an event of up to 512 KiB
#: in the draft, or beside all texts in the notification.
MAX_EXCEPTED = 256 * 1024 // MARK

ReaderKey = tuple[str, str]

_WEIGHED = ("muted_topics", "muted_kinds", "quiet_hours", "caps", "digests", "channels")


def is_particular(preference: Mapping[str, Any]) -> bool:
    """Whether a user's wishes reach further than language and time zone, so that each draft is weighed for them.

    Args:
        preference: the fields of a `Preference`.
    """
    return any(preference[name] for name in _WEIGHED)


def marks(users: Iterable[str]) -> bytes:
    """The header of a shared draft: who is excepted."""
    return b"".join(sorted(map(mark_of, users)))


def marks_in(record: RecordIn) -> bytes | None:
    """Who is excepted, as a draft's header says; empty on such a user's own draft, None on any other."""
    for name, value in record.headers:
        if name == SHARED_HEADER:
            return value or b""
    return None


@lru_cache(256)
def shared_id(source: str, event_id: str, rule: str, topic: str) -> str:
    """The id of the shared notification itself; kept, since drafts of one event come one behind the other.

    It holds the topic: one event may be told to the followers of several, of which only some are popular.
    """
    return notification_id(source, event_id, rule, f"\n{topic}")


def shared_bytes(
    codec: Codec,
    rendering: Rendering,
    draft: Mapping[str, Any],
    rule: Rule,
    event: Event,
    readers: Iterable[ReaderKey],
    excepted: bytes,
    created_ms: int,
    expires: Any,
) -> bytes:
    """The framed shared notification.

    Args:
        draft: what fan-out wrote, decoded without times.
        readers: (locale, time zone) of everybody who may read it.
        created_ms: ms since 1970. expires: datetime or None.

    Raises:
        As `Rendering.of`, for the default reader only, and `Codec.encode`.
    """
    first = rendering.of(rule, event, *DEFAULT_READER)
    record = {
        "id": shared_id(event.source, event.id, rule.name, draft["topic"]),
        "rule": rule.name,
        "kind": rule.kind,
        "topic": draft["topic"],
        "texts": _texts(first, rendering, rule, event, readers),
        "url": first.url,
        "priority": rule.priority.value,
        "collapse_key": first.collapse_key,
        "event_id": event.id,
        "event_source": event.source,
        "event_type": event.type,
        "event_time": event.time_ms,
        "created_at": created_ms,
        "expires_at": expires,
        "excepted": excepted,
    }
    return codec.encode(SharedNotification.avro_name, record)


def _texts(
    first: Wording, rendering: Rendering, rule: Rule, event: Event, readers: Iterable[ReaderKey]
) -> list[dict[str, Any]]:
    texts = {_words(first): _text(first)}
    room = MAX_TEXT_BYTES - _size(first)
    for reader in sorted({*readers, DEFAULT_READER}):
        try:
            wording = rendering.of(rule, event, *reader)
        except RuleFailed:  # in these words only, since the default's are here: whoever reads so gets the nearest
            continue
        words = _words(wording)
        if words not in texts:
            if _size(wording) > room:
                continue
            room -= _size(wording)
            texts[words] = _text(wording)
        texts[words]["readers"].append(" ".join(reader))
    return list(texts.values())


def _words(wording: Wording) -> tuple[str, str, str]:
    return wording.locale, wording.title, wording.body


def _text(wording: Wording) -> dict[str, Any]:
    return {"locale": wording.locale, "title": wording.title, "body": wording.body, "readers": []}


def _size(wording: Wording) -> int:
    return len(wording.title.encode()) + len(wording.body.encode())
