"""The third stage: a draft for a user → a notification, silence, or a dead letter."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from tidings_schemas import Draft, Preference
from tidings_schemas.codec import Codec
from tidings_schemas.errors import InvalidEvent
from tidings_schemas.topics import NOTIFICATIONS

from .avro_bytes import milliseconds
from .failures import RuleNotHereYet, UnknownRule
from .identity import notification_id
from .notification_bytes import NotificationBytes
from .policy import Silent, decide
from .record import RecordIn, RecordOut, Step, source_header, trace_headers
from .rendering import Event, Rendering
from .rules import Rule, RuleSet
from .stage import Stage
from .window import Window

#: How long a draft may wait for its rule to reach this worker, ms after the draft was written.
RULE_GRACE_MS = 10_000


class Delivery(Stage):
    """`drafts` in; out: `notifications` keyed by user, dead letters.

    Args:
        codec: decodes events, encodes notifications and dead letters.
        untimed: decodes drafts, times as numbers (`untimed.untimed_codec`).
        rules: gives the rules of the moment; asked once a step.
        preference: the wishes of a user of a partition, or None; raises `StateNotHereYet` until they are restored.
        window: the ids lately written to a partition of `notifications`; raises `StateNotHereYet` until they are read.
    """

    name = "deliver"

    def __init__(
        self,
        codec: Codec,
        untimed: Codec,
        rules: Callable[[], RuleSet],
        preference: Callable[[int, str], Preference | None],
        window: Callable[[int], Window],
    ) -> None:
        super().__init__(codec)
        self._untimed = untimed
        self._rules = rules
        self._rules_now = RuleSet()
        self._preference = preference
        self._window = window
        self._rendering = Rendering(codec)
        self._bytes: NotificationBytes | None = None
        self._now = datetime.fromtimestamp(0, UTC)

    def begin(self, now_ms: int) -> None:
        """See `Stage.begin`."""
        self._rules_now = self._rules()
        self._now = datetime.fromtimestamp(now_ms / 1000, UTC)

    def take(self, record: RecordIn, step: Step, now_ms: int) -> None:
        """See `Stage.take`."""
        self.settle(self._outcome(record, now_ms), step)

    def _outcome(self, record: RecordIn, now_ms: int) -> RecordOut | Silent:
        user, draft = self._read(record)
        rule = _rule_of(draft["rule"], self._rules_now, now_ms - record.timestamp_ms)
        new_id = notification_id(draft["event_source"], draft["event_id"], rule.name, user)
        window = self._window(record.partition)
        if new_id in window:
            return Silent("duplicate")
        topic = draft["topic"]
        decision = decide(rule, topic, self._preference(record.partition, user), self._now)
        if isinstance(decision, Silent):
            return decision
        wording = self._rendering.of(rule, _event_of(draft), decision.locale, decision.time_zone)
        if self._bytes is None:
            self._bytes = NotificationBytes(self.codec)
        expires = None if decision.expires_at is None else milliseconds(decision.expires_at)
        value = self._bytes.whole(new_id, user, topic, wording.parts, now_ms, expires)
        window.add(new_id)  # last, when nothing can keep the notification from being written any more
        return RecordOut(NOTIFICATIONS.name, record.key, value, [source_header(record, 0), *trace_headers(record)])

    def _read(self, record: RecordIn) -> tuple[str, Mapping[str, Any]]:
        name, draft = self._untimed.decode(record.value)
        if name != Draft.avro_name:
            raise InvalidEvent(f"a {name} where a draft belongs")
        if not record.key:
            raise InvalidEvent("a draft without a key: the user is missing")
        return record.key.decode(), draft


def _rule_of(name: str, rules: RuleSet, age_ms: int) -> Rule:
    rule = rules.by_name.get(name)
    if rule is not None:
        return rule
    if age_ms < RULE_GRACE_MS:
        raise RuleNotHereYet(f"the rule {name!r} has not reached this worker yet")
    raise UnknownRule(f"there is no rule {name!r} (any more)")


def _event_of(draft: Mapping[str, Any]) -> Event:
    return Event(
        draft["event_id"],
        draft["event_source"],
        draft["event_type"],
        draft["event_subject"],
        draft["event_time"],
        draft["payload"],
    )
