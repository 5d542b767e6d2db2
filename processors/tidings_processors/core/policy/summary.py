"""One notification that stands for many: how many, and the titles of some."""

from collections.abc import Mapping, Sequence
from typing import Any

from tidings_schemas import Priority

from .entry import Entry
from .release import in_common

_RANK = {priority.value: rank for rank, priority in enumerate(Priority)}
_TITLE = {"en": "{count} new notifications", "de": "{count} neue Mitteilungen"}
_MORE = {"en": "… and {count} more", "de": "… und {count} weitere"}


def newest(entries: Sequence[Entry]) -> list[Entry]:
    """Those whose titles are listed, oldest first; how many, the newest says."""
    in_order = sorted(entries, key=lambda entry: (entry.event_time, entry.offset))
    return in_order[-in_order[-1].most :]


def summary(
    sum_id: str, entries: Sequence[Entry], listed: Sequence[Mapping[str, Any]], locale: str, now_ms: int
) -> dict[str, Any]:
    """The fields of a `Notification`.

    Args:
        entries: all that it stands for, at least two.
        listed: the decoded notifications of `newest(entries)`.
        locale: the user's BCP 47 tag; words are there for en and de.
    """
    language = locale.split("-")[0].lower()
    language = language if language in _TITLE else "en"
    titles = [str(notification["title"]) for notification in listed]
    more = [_MORE[language].format(count=len(entries) - len(titles))] if len(titles) < len(entries) else []
    kind, rule = in_common(entries)
    topics = {entry.topic for entry in entries}
    topic = topics.pop() if len(topics) == 1 else None
    last = listed[-1]
    return {
        "id": sum_id,
        "user": entries[0].user,
        "rule": rule,
        "kind": kind,
        "topic": topic,
        "title": _TITLE[language].format(count=len(entries)) + (f": {topic}" if topic else ""),
        "body": "\n".join(titles + more),
        "url": None,
        "priority": max((str(notification["priority"]) for notification in listed), key=lambda one: _RANK.get(one, 0)),
        "collapse_key": None,
        "locale": language,
        "event_id": last["event_id"],
        "event_type": last["event_type"],
        "event_time": last["event_time"],
        "created_at": now_ms,
        "expires_at": _expiry(entries),
        "count": len(entries),
        "items": titles,
    }


def _expiry(entries: Sequence[Entry]) -> int | None:
    """When the last of them expires."""
    times = [entry.expires_at for entry in entries if entry.expires_at is not None]
    return max(times) if len(times) == len(entries) else None
