"""The draft that deliver has at hand: for one user, decoded, with its rule."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from .policy.entry import Entry, State
from .policy.release import REMEMBERED_MS
from .record import RecordIn
from .rendering import Event
from .rules import Rule


class AtHand(NamedTuple):
    """`draft` is decoded without times; `id` is its notification's."""

    record: RecordIn
    user: str
    draft: Mapping[str, Any]
    event: Event
    rule: Rule
    id: str

    def entry(self, now_ms: int, collapse_key: str | None = None, expires_ms: int | None = None) -> Entry:
        """What the policy remembers of it if it is told now."""
        draft, rule = self.draft, self.rule
        return Entry(
            id=self.id,
            user=self.user,
            state=State.TOLD,
            rule=rule.name,
            kind=rule.kind,
            topic=draft["topic"],
            collapse_key=collapse_key,
            bucket="",
            due_at=now_ms + REMEMBERED_MS,
            at=now_ms,
            expires_at=expires_ms,
            event_source=draft["event_source"],
            event_id=draft["event_id"],
            event_time=draft["event_time"],
            offset=self.record.offset,
            counts=True,
        )


def event_of(draft: Mapping[str, Any]) -> Event:
    """What a decoded draft says of its event."""
    return Event(
        draft["event_id"],
        draft["event_source"],
        draft["event_type"],
        draft["event_subject"],
        draft["event_time"],
        draft["payload"],
    )
