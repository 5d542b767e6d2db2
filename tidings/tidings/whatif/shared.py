"""A shared notification as each of its followers got it. Pure: as the gateway makes it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tidings_schemas import Follow, Preference
from tidings_schemas.identity import is_marked, notification_id

_COMMON = ("rule", "kind", "topic", "url", "priority", "collapse_key", "event_id", "event_type", "event_time")


def each_own(
    shared: Mapping[str, Any], follows: Iterable[Follow], wishes: Mapping[str, Preference]
) -> Iterator[dict[str, Any]]:
    """The fields of the notification of each follower whom it was for: id, user, words, and what all have in common."""
    by_reader = {reader: text for text in shared["texts"] for reader in text["readers"]}
    common = {name: shared[name] for name in _COMMON}
    for follow in follows:
        user = follow.user
        meant = follow.topic == shared["topic"] and follow.since <= shared["created_at"]
        if not meant or is_marked(user, shared["excepted"]):
            continue
        wish = wishes.get(user)
        text = by_reader.get(f"{wish.locale} {wish.time_zone}" if wish else "en UTC", shared["texts"][0])
        id = notification_id(shared["event_source"], shared["event_id"], shared["rule"], user)
        yield common | {"id": id, "user": user, "title": text["title"], "body": text["body"]}
