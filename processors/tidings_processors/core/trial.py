"""What would become of an event for a user: the stages themselves, run on one event, with nothing written."""

from collections.abc import Collection
from dataclasses import dataclass

from tidings_schemas import DeadLetter, Decision, Event, Notification, Preference
from tidings_schemas.catalogue import Catalogue
from tidings_schemas.cloudevents import headers_of
from tidings_schemas.codec import Codec, FixedSchemas
from tidings_schemas.topics import (
    DEAD_LETTERS,
    DECISIONS,
    MATCHES,
    MATCHES_URGENT,
    NOTIFICATIONS,
    domain_of,
    events_topic,
)

from .delivery import Delivery
from .identity import notification_id
from .match import Match
from .policy import in_words
from .policy.book import Book
from .record import RecordIn, RecordOut, Step
from .rules import RuleSet
from .untimed import untimed_codec
from .window import Window

_MAX_BYTES = 512 * 1024


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one rule would do. `why` says it when there is no notification."""

    rule: str
    topic: str | None
    why: str
    notification: Notification | None = None


class Trial:
    """Tries events on rules.

    Args:
        rules: the rules to try.
        catalogue: the schemas of events.
        follows: the followed topics that count as the user's; None = every one that an event leads to.
        preference: the user's wishes; None = the defaults.
    """

    def __init__(
        self,
        rules: RuleSet,
        catalogue: Catalogue,
        follows: Collection[str] | None = None,
        preference: Preference | None = None,
    ) -> None:
        schemas = FixedSchemas(catalogue)
        self._codec = Codec(catalogue, schemas)
        self._follows = follows
        self._rules = rules
        window, book = Window(1000), Book()
        untimed = untimed_codec(catalogue, schemas)
        self._match = Match(self._codec, untimed, lambda: rules, _MAX_BYTES)
        self._delivery = Delivery(
            self._codec, untimed, lambda: rules, lambda _, __: preference, lambda _: window, book=lambda _: book
        )

    def of(self, event: Event, user: str, now_ms: int) -> list[Outcome]:
        """What each rule would do with the event for the user, rules that are not about such events left out.

        Raises:
            InvalidEvent, UnknownEventType: the event does not fit its schema, or there is none.
        """
        value = self._codec.encode(event.type, event.data)
        sources = {rule.source_topic for rule in self._rules.by_name.values() if rule.event_type == event.type}
        topics = {source or events_topic(domain_of(event.type)).name for source in sources}
        outs = [
            out
            for topic in sorted(topics)
            for out in self._match.process(
                [RecordIn(topic, 0, 0, event.subject.encode(), value, headers_of(event), now_ms)], now_ms
            ).outs
        ]
        outcomes = [self._outcome(out, user, now_ms) for out in outs]
        told = {outcome.rule for outcome in outcomes}
        return outcomes + [
            Outcome(
                rule.name, None, "the condition does not hold, or nobody is named" if rule.enabled else "switched off"
            )
            for rule in self._rules.by_name.values()
            if rule.event_type == event.type and rule.name not in told
        ]

    def _outcome(self, out: RecordOut, user: str, now_ms: int) -> Outcome:
        _, fields = self._codec.decode(out.value)
        if out.topic == DEAD_LETTERS.name:
            return _buried(DeadLetter.from_avro(fields))
        rule, topic = fields["rule"], fields["topic"]
        to_followers = out.topic in (MATCHES.name, MATCHES_URGENT.name)
        if to_followers and self._follows is not None and topic not in self._follows:
            return Outcome(rule, topic, f"{user} does not follow {topic}")
        if not to_followers and out.key != user.encode():
            return Outcome(rule, topic, f"it is for {(out.key or b'').decode(errors='replace')}")
        draft = RecordIn("drafts", 0, 0, user.encode(), out.value, out.headers, now_ms)
        own_id = notification_id(fields["event_source"], fields["event_id"], rule, user)
        return self._delivered(rule, topic, own_id, self._delivery.process([draft], now_ms))

    def _delivered(self, rule: str, topic: str | None, own_id: str, step: Step) -> Outcome:
        for out in step.outs:
            _, fields = self._codec.decode(out.value)
            if out.topic == DEAD_LETTERS.name:
                return _buried(DeadLetter.from_avro(fields))
            if out.topic == DECISIONS.name and fields["id"] == own_id:  # others are of what gives way to it
                return Outcome(rule, topic, in_words(Decision.from_avro(fields)))
            if out.topic == NOTIFICATIONS.name:
                return Outcome(rule, topic, "", Notification.from_avro(fields))
        return Outcome(rule, topic, ", ".join(reason.removeprefix("silent.") for reason in step.counts))


def _buried(letter: DeadLetter) -> Outcome:
    return Outcome(letter.rule or "", None, f"dead letter at {letter.stage}: {letter.error_class}: {letter.error_text}")
