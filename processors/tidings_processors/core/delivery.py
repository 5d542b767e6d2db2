"""The third stage: a draft for a user → a notification, silence, or a dead letter."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from tidings_schemas import Draft, Preference, Priority
from tidings_schemas.codec import Codec
from tidings_schemas.errors import InvalidEvent
from tidings_schemas.stamps import FIRST_MS, LAST_MS
from tidings_schemas.topics import DRAFTS_URGENT, NOTIFICATIONS

from .at_hand import AtHand, event_of
from .avro_bytes import Joins, join_of
from .control import Notice, is_tick, notice, notice_in
from .failures import RuleNotHereYet, UnknownRule
from .identity import notification_id
from .notification_bytes import NotificationBytes
from .policy import Silent, Word, decide
from .policy.book import Book
from .policy.desk import Desk
from .policy.weigh import is_weighed, weigh
from .record import RecordIn, RecordOut, Step, source_header, trace_headers
from .rendering import Event, Rendering
from .rules import Rule, RuleSet
from .shared import ReaderKey, marks_in, shared_bytes, shared_id
from .stage import Stage
from .window import Window

#: How long a draft may wait for its rule to reach this worker, ms after the draft was written.
RULE_GRACE_MS = 10_000


class Delivery(Stage):
    """`drafts` in; out: `notifications` keyed by user, dead letters. A shared draft (shared.py) stays in its partition.

    Args:
        codec: decodes events, encodes notifications and dead letters.
        untimed: decodes drafts, times as numbers (`untimed.untimed_codec`).
        rules: gives the rules of the moment; asked once a step.
        preference: the wishes of a user of a partition, or None; raises `StateNotHereYet` until they are restored.
        window: the ids lately written to a partition of `notifications`; raises `StateNotHereYet` until they are read.
        readers: (locale, time zone) of a partition's users, for shared drafts; raises as `preference`.
        book: what is held for a partition's users; raises `StateNotHereYet` until it is restored. None = nothing is
            held, as on the urgent lane.
        joins: makes what encodes notifications.
    """

    name = "deliver"

    def __init__(
        self,
        codec: Codec,
        untimed: Codec,
        rules: Callable[[], RuleSet],
        preference: Callable[[int, str], Preference | None],
        window: Callable[[int], Window],
        readers: Callable[[int], Iterable[ReaderKey]] = lambda _: (),
        book: Callable[[int], Book] | None = None,
        joins: Joins = join_of,
    ) -> None:
        super().__init__(codec)
        self._readers = readers
        self._untimed = untimed
        self._rules = rules
        self._rules_now = RuleSet()
        self._preference = preference
        self._window_of = window
        self._book_of = book
        self._at: tuple[int, Book | None, Window] | None = None  # a step is of one partition, mostly
        self._last: tuple[bytes, Mapping[str, Any], Event] | None = None  # followers' drafts of an event are the same
        self._desk = Desk(codec, untimed)
        self._rendering = Rendering(codec, joins)
        self._joins = joins
        self._bytes: NotificationBytes | None = None

    def begin(self, now_ms: int) -> None:
        """See `Stage.begin`."""
        self._rules_now = self._rules()
        self._at = None

    def landed(self, partition: int, first: int, last: int) -> None:
        """See `Stage.landed`."""
        if self._book_of is not None:
            self._book_of(partition).landed(first, last)

    def take(self, record: RecordIn, step: Step, now_ms: int) -> None:
        """See `Stage.take`."""
        at = self._at
        if at is None or at[0] != record.partition:
            at = self._at = self._enter(record.partition)
        _, book, window = at
        if book is None:
            self._take_draft(record, None, window, step, now_ms)
        elif book.is_due(book.advance(record.timestamp_ms, now_ms)) and self._release_due(record, book, window, step):
            step.again = True
        elif record.value is not None or not self._is_control(record, book, step):
            self._take_draft(record, book, window, step, now_ms)

    def _enter(self, partition: int) -> tuple[int, Book | None, Window]:
        return partition, None if self._book_of is None else self._book_of(partition), self._window_of(partition)

    def _take_draft(self, record: RecordIn, book: Book | None, window: Window, step: Step, now_ms: int) -> None:
        excepted = marks_in(record)
        user, draft, event = self._read(record, excepted is not None)
        rule = _rule_of(draft["rule"], self._rules_now, now_ms - record.timestamp_ms)
        shared = not user
        new_id = _told_to_all(draft) if shared else notification_id(event.source, event.id, rule.name, user)
        if new_id in window or (
            excepted is None and window.knows_any_for_all and draft["topic"] and _told_to_all(draft) in window
        ):
            step.count("silent.duplicate")
            if user:
                self._note_again(AtHand(record, user, draft, event, rule, new_id), book, step)
        elif book is not None and (known := book.entries.get(new_id)) is not None:
            step.count("silent.duplicate")
            self._desk.repeat(book, record, known, self._preference(record.partition, user), step)
        elif shared:
            self.settle(self._share(record, draft, event, rule, excepted or b"", window, now_ms), step)
        else:
            self._weigh(AtHand(record, user, draft, event, rule, new_id), book, window, step, now_ms)

    def _weigh(self, at_hand: AtHand, book: Book | None, window: Window, step: Step, now_ms: int) -> None:
        record, user, draft, event, rule, new_id = at_hand
        topic, preference = draft["topic"], self._preference(record.partition, user)
        decision = decide(rule, topic, preference, record)
        if isinstance(decision, Silent):
            self._desk.refuse(record, at_hand.entry(now_ms), Word(decision.reason), preference, step)
            return
        expires = decision.expires_ms
        if expires is not None and expires <= now_ms:
            self._desk.refuse(record, at_hand.entry(now_ms, None, expires), Word.EXPIRED, preference, step)
            return
        wording = self._rendering.of(rule, event, decision.locale, decision.time_zone)
        if self._bytes is None:
            self._bytes = NotificationBytes(self.codec, self._joins)
        value = self._bytes.whole(new_id, user, topic, wording.parts, now_ms, expires)
        if book is not None and self._is_held(
            at_hand, book, wording.collapse_key, value, expires, preference, window, step
        ):
            return
        window.add(new_id, for_all=False)  # nothing can keep it from being written any more
        headers = [source_header(record, 0), *trace_headers(record)]
        step.outs.append(RecordOut(NOTIFICATIONS.name, record.key, value, headers))
        if record.topic == DRAFTS_URGENT.name and wording.collapse_key is not None:
            self._tell_normal_lane(at_hand, wording.collapse_key, preference, step)

    def _is_held(
        self,
        at_hand: AtHand,
        book: Book,
        collapse_key: str | None,
        value: bytes,
        expires: int | None,
        preference: Preference | None,
        window: Window,
        step: Step,
    ) -> bool:
        """Whether it is held, or told now; what it is newer than gives way in either case."""
        record, user, _, _, rule, new_id = at_hand
        for old in book.held_with(user, collapse_key):
            self._desk.collapse(book, record, old, new_id, step)
        if rule.priority is Priority.CRITICAL or not is_weighed(rule, preference):
            return False
        entry = at_hand.entry(book.now_ms, collapse_key, expires)
        hold = weigh(rule, preference, user, book, book.now_ms)
        if hold is not None:
            self._desk.hold(book, record, entry, hold, value, preference, window, step)
        elif preference is not None and preference.caps:
            self._desk.told(book, record, entry, step)
        return hold is not None

    def _release_due(self, record: RecordIn, book: Book, window: Window, step: Step) -> bool:
        preference = partial(self._preference, record.partition)
        return self._desk.release_due(book, record, preference, self._rules_now.is_off, window, step)

    def _is_control(self, record: RecordIn, book: Book, step: Step) -> bool:
        told = notice_in(record)
        if told is None:
            return is_tick(record)
        for old in book.held_with((record.key or b"").decode(), told.collapse_key):
            if old.event_time <= told.event_ms:
                self._desk.collapse(book, record, old, told.id, step)
        return True

    def _note_again(self, told: AtHand, book: Book | None, step: Step) -> None:
        """What a replay finds told already may not have been noted, nor have let an older one give way."""
        record, rule = told.record, told.rule
        if book is None:
            if rule.collapse_key is not None and (key := self._collapse_key(told)) is not None:
                self._tell_normal_lane(told, key, self._preference(record.partition, told.user), step)
            return
        if rule.priority is not Priority.CRITICAL:
            preference = self._preference(record.partition, told.user)
            self._desk.recount(book, record, told.entry(book.now_ms), preference, step)
        if not book.holds_keys:
            return
        for old in book.held_with(told.user, self._collapse_key(told)):
            if (old.event_time, old.offset) < (told.draft["event_time"], record.offset):
                self._desk.collapse(book, record, old, told.id, step)

    def _collapse_key(self, told: AtHand) -> str | None:
        return self._rendering.of(told.rule, told.event, "en", "UTC").collapse_key

    def _tell_normal_lane(self, told: AtHand, collapse_key: str, preference: Preference | None, step: Step) -> None:
        """Only if anything may be held for the user there."""
        if self._rules_now.any_digest or is_weighed(told.rule, preference):
            step.outs.append(notice(told.record, Notice(told.id, told.draft["event_time"], collapse_key)))

    def _share(
        self,
        record: RecordIn,
        draft: Mapping[str, Any],
        event: Event,
        rule: Rule,
        excepted: bytes,
        window: Window,
        now_ms: int,
    ) -> RecordOut | Silent:
        decision = decide(rule, draft["topic"], None, record)
        if isinstance(decision, Silent):
            return decision
        if decision.expires_ms is not None and decision.expires_ms <= now_ms:
            return Silent(Word.EXPIRED)
        readers = self._readers(record.partition)
        value = shared_bytes(
            self.codec, self._rendering, draft, rule, event, readers, excepted, now_ms, decision.expires_ms
        )
        window.add(_told_to_all(draft))
        headers = [source_header(record, 0), *trace_headers(record)]
        return RecordOut(NOTIFICATIONS.name, b"", value, headers, record.partition)

    def _read(self, record: RecordIn, shared: bool) -> tuple[str, Mapping[str, Any], Event]:
        last = self._last
        if last is None or last[0] != record.value:
            last = self._last = self._decoded(record.value)
        _, draft, event = last
        if not record.key and not (shared and draft["topic"]):
            raise InvalidEvent("a draft without a key: the user is missing")
        return (record.key or b"").decode(), draft, event

    def _decoded(self, value: bytes | None) -> tuple[bytes, Mapping[str, Any], Event]:
        name, draft = self._untimed.decode(value)
        if name != Draft.avro_name:
            raise InvalidEvent(f"a {name} where a draft belongs")
        event = event_of(draft)
        if not FIRST_MS <= event.time_ms <= LAST_MS:  # no device could read the notification
            raise InvalidEvent(f"the event's time is none: {event.time_ms} ms since 1970", "event_time")
        assert value is not None
        return value, draft, event


def _told_to_all(draft: Mapping[str, Any]) -> str:
    """The id under which all followers were told, if they were: the topic may have lost followers at a replay."""
    return shared_id(draft["event_source"], draft["event_id"], draft["rule"], draft["topic"])


def _rule_of(name: str, rules: RuleSet, age_ms: int) -> Rule:
    rule = rules.by_name.get(name)
    if rule is not None:
        return rule
    if age_ms < RULE_GRACE_MS:
        raise RuleNotHereYet(f"the rule {name!r} has not reached this worker yet")
    raise UnknownRule(f"there is no rule {name!r} (any more)")
