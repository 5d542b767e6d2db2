"""Whether a draft that is not silent is told at once, or held: how long, and in what company."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from tidings_schemas import Preference

from tidings_processors.core.formats import zone_of
from tidings_processors.core.rules import LISTED, Rule

from .book import Book
from .cap import HOUR_MS, full
from .digest import next_due
from .entry import Entry, State
from .quiet_hours import quiet_until
from .word import Word


class Hold(NamedTuple):
    """Hold it: in which bucket (empty = by itself), until when (ms), why, what decided that; titles listed of a sum."""

    bucket: str
    due_ms: int
    word: Word
    key: str | None = None
    limit: int | None = None
    most: int = LISTED

    def on(self, entry: Entry) -> Entry:
        """The entry, held so."""
        return replace(
            entry,
            state=State.HELD,
            counts=False,
            bucket=self.bucket,
            due_at=self.due_ms,
            word=self.word.value,
            by=None,
            key=self.key,
            limit=self.limit,
            most=self.most,
        )


def is_weighed(rule: Rule, preference: Preference | None) -> bool:
    """Whether anything may hold a rule's drafts for a user; for nearly all users nothing does."""
    if rule.digest is not None:
        return True
    return preference is not None and bool(preference.quiet_hours or preference.caps or preference.digests)


def weigh(rule: Rule, preference: Preference | None, user: str, book: Book, now_ms: int) -> Hold | None:
    """What a user's wishes and a rule's digest make of a draft that is not critical; None = told at once."""
    gathered = _gathered(rule, preference, user, book, now_ms)
    if gathered is not None:
        end = quiet_end(preference, gathered.due_ms)
        return gathered if end is None else gathered._replace(due_ms=end)
    if (end := quiet_end(preference, now_ms)) is not None:
        return Hold("", end, Word.HELD_QUIET_HOURS)
    return capped(rule.kind, rule.name, preference, user, book, now_ms)


def quiet_end(preference: Preference | None, at_ms: int) -> int | None:
    """When the user's quiet hours end (ms), if it is in them that `at_ms` lies."""
    if preference is None or preference.quiet_hours is None or not _is_sound(preference.quiet_hours):
        return None
    end = quiet_until(preference.quiet_hours, zone_of(preference.time_zone), _moment(at_ms))
    return None if end is None else _ms(end)


def capped(kind: str, rule: str, preference: Preference | None, user: str, book: Book, now_ms: int) -> Hold | None:
    """Held by a cap that is reached, together with what it holds already."""
    if preference is None or not preference.caps:
        return None
    found = full(preference.caps, kind, rule, book.told(user), now_ms)
    if found is None:
        return None
    bucket = f"cap:{found.key}"
    open_until = book.open_until(user, bucket) or 0
    due = open_until if now_ms < open_until <= now_ms + HOUR_MS else found.until_ms
    return Hold(bucket, due, Word.CAPPED, found.key, found.limit)


def _gathered(rule: Rule, preference: Preference | None, user: str, book: Book, now_ms: int) -> Hold | None:
    """Held for a digest: the user's word goes before the rule's."""
    for key in (rule.kind, "*") if preference is not None and preference.digests else ():
        schedule = preference.digests.get(key) if preference is not None else None
        due = None if schedule is None or preference is None else _wished(schedule, preference.time_zone, now_ms)
        if due is not None:
            return Hold(f"digest:{key}", due, Word.HELD_DIGEST, key)
    if rule.digest is None:
        return None
    bucket, due = _by_rule(rule.name, rule.digest.every, preference, user, book, now_ms)
    return Hold(bucket, due, Word.HELD_DIGEST, rule.name, most=rule.digest.most)


def _by_rule(
    name: str, every: timedelta | str, preference: Preference | None, user: str, book: Book, now_ms: int
) -> tuple[str, int]:
    """(bucket, due) of a rule's digest.

    One by the clock has a bucket for its schedule: else a rule that is changed from `daily@08:00` to `10m` would gather
    into what is open until tomorrow.
    """
    if isinstance(every, str):
        return f"rule:{name}/{every}", _due(every, "UTC" if preference is None else preference.time_zone, now_ms)
    bucket = f"rule:{name}"
    open_until = book.open_until(user, bucket) or 0
    return bucket, open_until if open_until > now_ms else now_ms + round(every.total_seconds() * 1000)


def _wished(schedule: str, time_zone: str, now_ms: int) -> int | None:
    try:
        return _due(schedule, time_zone, now_ms)
    except ValueError:  # a wrong preference must not silence its user
        return None


def _due(schedule: str, time_zone: str, now_ms: int) -> int:
    return _ms(next_due(schedule, zone_of(time_zone), _moment(now_ms)))


def _is_sound(quiet: Mapping[str, Any]) -> bool:
    return all(0 <= quiet[name] < 1440 for name in ("start_minute", "end_minute"))


def _moment(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC)


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)
