"""What was sent beside what would have been sent. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

ADDED, REMOVED, CHANGED, SAME = "added", "removed", "changed", "same"
#: Fields that a user sees; a notification that differs in none of them is the same.
_SEEN = ("title", "body", "url", "priority", "topic", "kind", "collapse_key")


@dataclass(frozen=True, slots=True)
class Row:
    """One notification that differs.

    Attributes:
        change: `added` (only the new rules send it), `removed` (only it was sent), `changed`.
        fields: which seen fields differ. before, after: title, where there is one.
    """

    change: str
    user: str
    rule: str
    event_id: str
    event_time: datetime
    before: str
    after: str
    fields: str


@dataclass(frozen=True, slots=True)
class Difference:
    """All rows, by rule and time; how many are the same; counts by (rule, change)."""

    rows: tuple[Row, ...]
    counts: Mapping[tuple[str, str], int]
    users_before: int
    users_after: int

    def total(self, change: str) -> int:
        """How many notifications are so."""
        return sum(count for (_, kind), count in self.counts.items() if kind == change)


def difference(sent: Mapping[str, Mapping[str, Any]], made: Mapping[str, Mapping[str, Any]]) -> Difference:
    """Notifications by id, as they were sent and as other rules make them. An id is made of event, user and rule."""
    counts: Counter[tuple[str, str]] = Counter()
    rows = []
    for key in sent.keys() | made.keys():
        before, after = sent.get(key), made.get(key)
        change, fields = _change(before, after)
        either = after or before
        assert either is not None
        counts[either["rule"], change] += 1
        if change != SAME:
            rows.append(_row(change, either, before, after, fields))
    rows.sort(key=lambda r: (r.rule, r.event_time, r.user, r.event_id))
    return Difference(
        tuple(rows), counts, len({n["user"] for n in sent.values()}), len({n["user"] for n in made.values()})
    )


def _change(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> tuple[str, tuple[str, ...]]:
    if before is None:
        return ADDED, ()
    if after is None:
        return REMOVED, ()
    fields = tuple(name for name in _SEEN if before[name] != after[name])
    return (CHANGED, fields) if fields else (SAME, ())


def _row(
    change: str,
    either: Mapping[str, Any],
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
    fields: tuple[str, ...],
) -> Row:
    return Row(
        change,
        either["user"],
        either["rule"],
        either["event_id"],
        either["event_time"],
        before["title"] if before else "",
        after["title"] if after else "",
        ",".join(fields),
    )
