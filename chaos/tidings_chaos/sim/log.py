"""A Kafka in memory: topics of a fixed number of partitions, and what a group committed."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from tidings_processors.core.record import RecordIn, RecordOut
from tidings_schemas.partitioner import partition_of

PARTITIONS = 2
EVENTS, NOTIFICATIONS, DEAD = "events.demo", "notifications", "dead-letters"
MATCHES, MATCHES_URGENT, DRAFTS, DRAFTS_URGENT = "matches", "matches-urgent", "drafts", "drafts-urgent"
POLICY, DECISIONS = "policy", "decisions"
#: What deliver reads, each with a window of its own.
LANES = (DRAFTS, DRAFTS_URGENT)
TOPICS = (EVENTS, MATCHES, MATCHES_URGENT, *LANES, NOTIFICATIONS, POLICY, DECISIONS, DEAD)
EPOCH = b"epoch1"

Place = tuple[str, int]


@dataclass
class Log:
    """Records by (topic, partition). `low`: what retention has left of `notifications`, by partition."""

    records: dict[Place, list[RecordIn]] = field(
        default_factory=lambda: {(topic, partition): [] for topic in TOPICS for partition in range(PARTITIONS)}
    )
    committed: dict[Place, int] = field(default_factory=dict)
    low: list[int] = field(default_factory=lambda: [0] * PARTITIONS)

    def append(self, place: Place, out: RecordOut, now_ms: int) -> None:
        """The broker takes a record."""
        records = self.records.setdefault(place, [])
        records.append(out.appended(place[1], len(records), now_ms))

    def end(self, place: Place) -> int:
        """The next offset."""
        return len(self.records[place])

    def between(self, place: Place, start: int, count: int) -> Sequence[RecordIn]:
        """Up to `count` records from an offset on."""
        return self.records[place][start : start + count]


def place_of(out: RecordOut) -> Place:
    """Where a record goes: to the partition that it names, else to its key's."""
    return out.topic, out.partition if out.partition >= 0 else partition_of(out.key or b"", PARTITIONS)
