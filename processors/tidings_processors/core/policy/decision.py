"""What is told of an entry to whoever asks why."""

from typing import Any

from tidings_schemas import Preference

from .entry import Entry, State
from .word import Word


def decision(entry: Entry, preference: Preference | None) -> dict[str, Any]:
    """The fields of a `Decision`, times in ms."""
    until = entry.due_at if entry.state is State.HELD else entry.expires_at if entry.word == Word.EXPIRED else None
    return {
        "id": entry.id,
        "user": entry.user,
        "rule": entry.rule,
        "kind": entry.kind,
        "topic": entry.topic,
        "event_source": entry.event_source,
        "event_id": entry.event_id,
        "word": entry.word,
        "at": entry.at,
        "until": until,
        "time_zone": None if preference is None or until is None else preference.time_zone,
        "by": entry.by,
        "key": entry.key,
        "limit": entry.limit,
    }
