"""The real stages over the shipped schemas, made once: what they ask for is that of the simulation at work."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache

from tidings_processors.core.delivery import Delivery
from tidings_processors.core.fan_out import FanOut
from tidings_processors.core.follower_index import FollowerIndex
from tidings_processors.core.match import Match
from tidings_processors.core.policy.book import Book
from tidings_processors.core.policy.entry import Entry
from tidings_processors.core.rules import RuleSet, read_rules
from tidings_processors.core.stage import Stage
from tidings_processors.core.untimed import untimed_codec
from tidings_processors.core.window import Window
from tidings_schemas import Decision, Draft, Notification, Preference, SharedNotification, catalogue
from tidings_schemas.catalogue import Catalogue
from tidings_schemas.codec import Codec, FixedSchemas
from tidings_schemas.partitioner import partition_of

from .log import DRAFTS, DRAFTS_URGENT, EVENTS, MATCHES, MATCHES_URGENT, PARTITIONS

TYPE = "tidings.demo.Message"
_MAX_BYTES = 256 * 1024
_SHARED_ABOVE = 2
_RULES = """\
rules:
  - name: named
    match: tidings.demo.Message
    when: user != null && text.startsWith("plain ")
    audience: {users: user}
    kind: message
    text: {en: {title: "{{ text }}"}}
  - name: gathered
    match: tidings.demo.Message
    when: text.startsWith("gathered ")
    audience: {users: user}
    kind: message
    digest: 10m
    text: {en: {title: "{{ text }}"}}
  - name: brief
    match: tidings.demo.Message
    when: text.startsWith("brief ")
    audience: {users: user}
    kind: message
    ttl: 20m
    text: {en: {title: "{{ text }}"}}
  - name: latest
    match: tidings.demo.Message
    when: text.startsWith("latest ")
    audience: {users: user}
    kind: message
    collapse_key: state
    text: {en: {title: "{{ text }}"}}
  - name: alarm
    match: tidings.demo.Message
    when: text.startsWith("alarm ")
    audience: {users: user}
    kind: alarm
    priority: critical
    collapse_key: state
    text: {en: {title: "{{ text }}"}}
  - name: followed
    match: tidings.demo.Message
    when: topic != null
    audience: {followers: ["{topic}"]}
    kind: message
    text: {en: {title: "{{ text }}"}}
"""
_SINCE = datetime(2023, 1, 1, tzinfo=UTC)
#: Users whose wishes hold back what is for them: an hourly cap, quiet hours of which a schedule sees the end, a digest.
WISHES: Mapping[str, Preference] = {
    wishes.user: wishes
    for wishes in (
        Preference("amy", _SINCE, caps={"*": 1}),
        Preference("ida", _SINCE, quiet_hours={"start_minute": 22 * 60, "end_minute": 23 * 60, "days": []}),
        Preference("joe", _SINCE, digests={"*": "hourly"}),
    )
}
_WRITTEN = (Draft, Notification, SharedNotification, Decision, Entry)


class Asked:
    """What the stages ask for just now."""

    followers: Callable[[int], FollowerIndex]
    window: Callable[[str, int], Window]
    book: Callable[[int], Book]


def _wishes_of(partition: int, user: str) -> Preference | None:
    return WISHES.get(user)


def _particular() -> dict[int, set[str]]:
    return {p: {user for user in WISHES if partition_of(user, PARTITIONS) == p} for p in range(PARTITIONS)}


class Stages:
    """Match, fan-out and both lanes of deliver."""

    def __init__(self) -> None:
        wanted = (TYPE, "tidings.DeadLetter", *(record.avro_name for record in _WRITTEN))
        self.catalogue = Catalogue(schema for schema in catalogue.load() if schema.name in wanted)
        schemas = FixedSchemas(self.catalogue)
        self.codec = Codec(self.catalogue, schemas)
        self.untimed = untimed_codec(self.catalogue, schemas)
        self.asked = Asked()
        ruled = read_rules(_RULES, self.catalogue)

        def rules() -> RuleSet:
            return ruled

        def deliver(lane: str, book: Callable[[int], Book] | None) -> Stage:
            window = lambda p: self.asked.window(lane, p)  # noqa: E731
            return Delivery(self.codec, self.untimed, rules, _wishes_of, window, book=book)

        fan_out = FanOut(self.codec, lambda p: self.asked.followers(p), _particular, _SHARED_ABOVE, rules)
        self._stages: dict[str, Stage] = {
            EVENTS: Match(self.codec, self.untimed, rules, _MAX_BYTES),
            MATCHES: fan_out,
            MATCHES_URGENT: fan_out,
            DRAFTS: deliver(DRAFTS, lambda p: self.asked.book(p)),
            DRAFTS_URGENT: deliver(DRAFTS_URGENT, None),
        }

    def of(self, topic: str) -> Stage:
        """The stage that reads a topic."""
        return self._stages[topic]


@cache
def stages() -> Stages:
    """Made once a process: it takes longer than hundreds of schedules."""
    return Stages()
