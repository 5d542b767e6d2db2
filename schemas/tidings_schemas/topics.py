"""Kafka topics as data: name, key, partitions, cleanup, retention. No I/O here; `admin` makes it so.

Every name passes through a `Namespace`, so that several Tidings (a test, a staging area, a sandbox) can
share one cluster without ever meeting.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

DAY_MS = 24 * 60 * 60 * 1000
MIB = 1024 * 1024

#: What may be followed: `flight:UA1545`, `route:EWR-IAH`. No `|`: it parts topic and user in a follow's key.
FOLLOWED_TOPIC = re.compile(r"[A-Za-z0-9._~:@+-]{1,200}")
_DOMAIN = re.compile(r"[a-z0-9][a-z0-9_-]{0,60}")


@dataclass(frozen=True, slots=True)
class Topic:
    """One Kafka topic. `partitions=None` means the cluster-wide default that the operator chose.

    `lag_ms`: how long a record of a compacted topic stays readable after a newer one of its key.
    """

    name: str
    key: str
    doc: str
    compact: bool = False
    retention_ms: int | None = None
    partitions: int | None = None
    max_message_bytes: int = MIB
    lag_ms: int | None = None

    def config(self) -> dict[str, str]:
        """Kafka's topic configuration, names as in its documentation."""
        config = {
            "cleanup.policy": "compact" if self.compact else "delete",
            "max.message.bytes": str(self.max_message_bytes),
        }
        if self.retention_ms is not None:
            config["retention.ms"] = str(self.retention_ms)
        if self.lag_ms is not None:
            config["min.compaction.lag.ms"] = str(self.lag_ms)
        return config


FOLLOWS = Topic("follows", "topic|user, partitioned by topic", "who follows what", compact=True)
PREFERENCES = Topic("preferences", "user", "channels, mutes, quiet hours, locale, time zone, caps", compact=True)
MATCHES = Topic("matches", "followed topic", "an event that a rule matched, before fan-out", retention_ms=DAY_MS)
DRAFTS = Topic("drafts", "user", "a match on its way to one user", retention_ms=DAY_MS)
#: What is critical goes its own way, past whatever waits in the two above.
MATCHES_URGENT = Topic("matches-urgent", "followed topic", "critical matches", retention_ms=DAY_MS)
DRAFTS_URGENT = Topic("drafts-urgent", "user", "critical drafts", retention_ms=DAY_MS)
#: Both what was held and what became of it stay readable for a day, so that a late write of a worker that lost its
#: partition cannot bring back what is done.
POLICY = Topic("policy", "id, partitioned by user", "what is held back, for whom", compact=True, lag_ms=DAY_MS)
DECISIONS = Topic("decisions", "user", "why something was not told at once", retention_ms=7 * DAY_MS)
NOTIFICATIONS = Topic("notifications", "user", "what a user sees, in one order", retention_ms=14 * DAY_MS)
RECEIPTS = Topic("receipts", "user", "seen, read, dismissed, from any device", retention_ms=14 * DAY_MS)
RULES = Topic("rules", "rule name", "live rules", compact=True, partitions=1)
CONTROL = Topic("control", "kind", "revocations and drains", compact=True, partitions=1)
DEAD_LETTERS = Topic(
    "dead-letters",
    "as it was",
    "what could not be processed: original bytes and why",
    retention_ms=30 * DAY_MS,
    partitions=1,
    max_message_bytes=4 * MIB,
)
FOLLOWABLES = Topic("followables", "followed topic", "what may be followed", compact=True, partitions=1)
CORE = (
    *(FOLLOWS, PREFERENCES, MATCHES, MATCHES_URGENT, DRAFTS, DRAFTS_URGENT, POLICY, DECISIONS),
    *(NOTIFICATIONS, RECEIPTS, RULES, CONTROL, FOLLOWABLES, DEAD_LETTERS),
)

EVENTS_PREFIX = "events."
DOMAINS = ("flights", "git", "demo")


def events_topic(domain: str) -> Topic:
    """The topic of one domain's events: `events.<domain>`.

    Raises:
        ValueError: the domain's name would not make a sound topic name.
    """
    if not _DOMAIN.fullmatch(domain):
        raise ValueError(f"{domain!r} is no domain: lower-case letters, digits, - and _ only")
    return Topic(EVENTS_PREFIX + domain, "subject", f"events of {domain}", retention_ms=7 * DAY_MS)


def domain_of(event_type: str) -> str:
    """The domain of an event type: `tidings.flights.FlightDelayed` → `flights`."""
    parts = event_type.split(".")
    return parts[-2].lower() if len(parts) > 1 else "default"


def is_event(record: str) -> bool:
    """Whether a record of this full name is an event; those directly in `tidings` are of Tidings' own topics."""
    return not (record.startswith("tidings.") and record.count(".") == 1)


def domains_of(records: Iterable[str]) -> list[str]:
    """The domains that the events among `records` (full names) need topics for, and the shipped ones."""
    found = {domain_of(record) for record in records if is_event(record)}
    return sorted({*DOMAINS, *filter(_DOMAIN.fullmatch, found)})


@dataclass(frozen=True, slots=True)
class Namespace:
    """A prefix for topics and consumer groups; empty in production."""

    prefix: str = ""

    def name(self, topic: Topic | str) -> str:
        """The topic's name on the cluster."""
        return self.prefix + (topic if isinstance(topic, str) else topic.name)

    def bare(self, name: str) -> str:
        """The inverse of `name`; a name outside the namespace comes back as it is."""
        return name.removeprefix(self.prefix)


def follow_key(topic: str, user: str) -> bytes:
    """Key of a follow's record: the topic first, so that compaction keeps one record a pair."""
    return f"{topic}|{user}".encode()


def parse_follow_key(key: bytes) -> tuple[str, str]:
    """`follow_key` undone: (topic, user). A user may hold `|`, a topic never does.

    Raises:
        ValueError: the key has no separator or is not UTF-8.
    """
    topic, separator, user = key.decode().partition("|")
    if not separator:
        raise ValueError(f"{key!r} is no follow's key")
    return topic, user
