"""The first stage: an event → the rules that it meets → a draft for each followed topic or user."""

from collections.abc import Callable, Mapping
from typing import Any

from tidings_schemas import Priority
from tidings_schemas.cloudevents import Envelope
from tidings_schemas.codec import Codec
from tidings_schemas.errors import InvalidEvent, OversizeValue, UnknownEventType
from tidings_schemas.topics import DRAFTS, DRAFTS_URGENT, EVENTS_PREFIX, MATCHES, MATCHES_URGENT

from .audience import Followers
from .avro_bytes import Joins, join_of
from .condition import ENVELOPE
from .draft_bytes import DraftBytes
from .failures import RuleFailed
from .record import SINCE_HEADER, TRACE_HEADER, Headers, RecordIn, RecordOut, Step, source_header
from .rules import Rule, RuleSet
from .stage import Stage

_MAX_ATTRIBUTES = 3 * 512  # characters of id, source and subject together
_MAX_TARGET = 512  # characters of a user or a followed topic
_MAX_TRACE = 256  # characters of a trace context; it has 55
#: A match bears its event's time, so that a replay tells the same followers; but of a producer whose clock is behind,
#: or who repeats an old event, no follower shall wait longer than so many ms for what comes after the follow.
OLDEST_MS = 60_000

Fields = Mapping[str, Any]


class Match(Stage):
    """Events in; out: `matches` keyed by followed topic, `drafts` keyed by user, dead letters; `…-urgent` if critical.

    Args:
        codec: decodes events and encodes dead letters.
        untimed: decodes events, times as numbers (`untimed.untimed_codec`): quicker, and mostly enough.
        rules: gives the rules of the moment; asked once a step, so a change is never seen half.
        max_bytes: larger events are dead letters.
        joins: makes what encodes drafts.
    """

    name = "match"

    def __init__(
        self,
        codec: Codec,
        untimed: Codec,
        rules: Callable[[], RuleSet],
        max_bytes: int,
        joins: Joins = join_of,
    ) -> None:
        super().__init__(codec)
        self._untimed = untimed
        self._rules = rules
        self._rules_now = RuleSet()
        self._max_bytes = max_bytes
        self._joins = joins
        self._drafts: DraftBytes | None = None
        self._rule_parts: dict[Rule, bytes] = {}

    def begin(self, now_ms: int) -> None:
        """See `Stage.begin`."""
        self._rules_now = self._rules()

    def take(self, record: RecordIn, step: Step, now_ms: int) -> None:
        """See `Stage.take`."""
        value = record.value
        foreign = not record.topic.startswith(EVENTS_PREFIX)
        if value is None and foreign:
            return  # a compacted topic's way to delete; nothing has happened to tell of
        if value is not None and len(value) > self._max_bytes:
            raise OversizeValue(f"the value has {len(value)} bytes, at most {self._max_bytes} are allowed")
        name, fields = self._untimed.decode(value)
        envelope = _envelope(record, name)
        if not foreign and envelope.type != name:
            raise InvalidEvent(f"ce_type says {envelope.type}, but the value is a {name}", "type")
        source = record.topic if foreign else None
        candidates = self._rules_now.of(name, source)
        if candidates:
            if self._rules_now.want_times(name, source):
                fields = self.codec.decode(value)[1]
            self._match(record, envelope, fields, candidates, step, now_ms)
        elif not foreign and name not in self.codec.catalogue:
            raise UnknownEventType(f"no schema for {name!r} here: update the processors, or name it in TIDINGS_SCHEMAS")

    def _match(
        self,
        record: RecordIn,
        envelope: Envelope,
        fields: Fields,
        candidates: tuple[Rule, ...],
        step: Step,
        now_ms: int,
    ) -> None:
        assert record.value is not None
        event_part, index = b"", 0
        happened_ms = min(max(record.timestamp_ms, now_ms - OLDEST_MS), now_ms)
        for rule in candidates:
            try:
                if not _meets(rule, fields, envelope):
                    continue
                topic, targets = _targets(rule, fields)
            except Exception as error:  # of this rule and event only
                self.bury(record, RuleFailed(f"{type(error).__name__}: {error}", rule.name), step, now_ms, index)
                index += 1
                continue
            for target in targets:
                drafts = self._drafts or self._learn_drafts()
                event_part = event_part or drafts.event_part(envelope, record.value)
                followed, at_ms = (target, happened_ms) if isinstance(rule.audience, Followers) else (None, 0)
                draft = drafts.whole(self._rule_part(rule, drafts), followed, event_part)
                headers = _headers(record, index, envelope)
                if rule.ttl is not None:
                    since = record.timestamp_ms if 0 < record.timestamp_ms < now_ms else now_ms
                    headers.append((SINCE_HEADER, b"%d" % since))
                step.outs.append(RecordOut(topic, target.encode(), draft, headers, timestamp_ms=at_ms))
                index += 1

    def _learn_drafts(self) -> DraftBytes:
        self._drafts = DraftBytes(self.codec, self._joins)
        return self._drafts

    def _rule_part(self, rule: Rule, drafts: DraftBytes) -> bytes:
        part = self._rule_parts.get(rule)
        if part is None:
            part = self._rule_parts[rule] = drafts.rule_part(rule.name, rule.version)
        return part


def _envelope(record: RecordIn, name: str) -> Envelope:
    envelope = record.envelope(name)
    attributes = envelope.id + envelope.source + envelope.subject
    if len(attributes) > _MAX_ATTRIBUTES or not attributes.isprintable():
        raise InvalidEvent(f"id, source or subject is too long or holds control characters: {attributes[:60]!r}")
    if envelope.traceparent is not None and len(envelope.traceparent) > _MAX_TRACE:
        return envelope._replace(traceparent=None)
    return envelope


def _meets(rule: Rule, fields: Fields, envelope: Envelope) -> bool:
    condition = rule.condition
    if condition is None:
        return True
    if condition.wants_envelope:
        return condition.holds({**fields, ENVELOPE: attributes(envelope)})
    return condition.holds(fields)


def attributes(envelope: Envelope) -> dict[str, Any]:
    """The envelope as conditions and texts see it, under the name `event`."""
    return {
        "id": envelope.id,
        "source": envelope.source,
        "type": envelope.type,
        "subject": envelope.subject,
        "time": envelope.time,
    }


def _targets(rule: Rule, fields: Fields) -> tuple[str, list[str]]:
    """(Kafka topic, keys): followed topics or users."""
    audience, urgent = rule.audience, rule.priority is Priority.CRITICAL
    topic, targets = (
        (MATCHES_URGENT if urgent else MATCHES, audience.topics(fields))
        if isinstance(audience, Followers)
        else (DRAFTS_URGENT if urgent else DRAFTS, audience.users(fields))
    )
    for target in targets:
        if len(target) > _MAX_TARGET:
            raise ValueError(f"a user or topic has {len(target)} characters, at most {_MAX_TARGET} are allowed")
    return topic.name, targets


def _headers(record: RecordIn, index: int, envelope: Envelope) -> Headers:
    source = source_header(record, index)
    return [source] if envelope.traceparent is None else [source, (TRACE_HEADER, envelope.traceparent.encode())]
