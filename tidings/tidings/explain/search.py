"""Shell: looks for an event, and for what the stages wrote because of it, in bounded spans of the topics."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from confluent_kafka import KafkaException
from tidings_processors.core.record import SOURCE_HEADER, RecordIn
from tidings_processors.core.shared import SHARED_HEADER
from tidings_replay.core.span import At, Bound, Edge
from tidings_replay.reader import Reader
from tidings_replay.topics import plan_topics, topic_names
from tidings_schemas import DeadLetter, Decision, Draft, Notification, ReadState, SharedNotification
from tidings_schemas.cloudevents import Envelope
from tidings_schemas.codec import Codec
from tidings_schemas.compacted import all_partitions_of
from tidings_schemas.errors import InvalidEvent, Permanent
from tidings_schemas.identity import notification_id
from tidings_schemas.kafka_errors import unread
from tidings_schemas.partitioner import partition_of
from tidings_schemas.settings import Settings
from tidings_schemas.stamps import EPOCH, moment
from tidings_schemas.topics import (
    DEAD_LETTERS,
    DECISIONS,
    DRAFTS,
    DRAFTS_URGENT,
    EVENTS_PREFIX,
    FOLLOWS,
    MATCHES,
    MATCHES_URGENT,
    NOTIFICATIONS,
    Topic,
    follow_key,
    parse_follow_key,
)

from .evidence import Evidence, FollowChange, Found, Happened, Place

_FIRST, _LAST = Edge(latest=False), Edge(latest=True)
_SKEW = timedelta(minutes=1)  # a stage's record may bear an earlier time than the event that it came of


@dataclass(frozen=True, slots=True)
class Told:
    """Of a notification: its user and event."""

    user: str
    event_id: str
    event_source: str | None


class Search:
    """Reads topics. Every method raises `BrokerUnavailable` when Kafka does not answer.

    Args:
        since: how far back events, and ids of notifications, are looked for.
        progress: told how many records have been read in all.
    """

    def __init__(
        self, settings: Settings, codec: Codec, since: Bound, progress: Callable[[int], None] = lambda _: None
    ) -> None:
        self._settings, self._codec, self._since, self._progress = settings, codec, since, progress
        self._there = set(topic_names(settings))
        self._read = 0

    def event_topics(self, more: Iterable[str] = ()) -> list[str]:
        """Where events lie: `events.*`, and those of `more` that exist."""
        return sorted(t for t in self._there if t.startswith(EVENTS_PREFIX) or t in set(more))

    def events(self, event_id: str, topics: Iterable[str], source: str | None = None) -> list[Happened]:
        """The events of this id (and source), oldest first; one that was published twice is there twice."""
        found = []
        for record in self._read_all(topics, self._since):
            envelope, _ = _envelope(record)
            if envelope.id == event_id and source in (None, envelope.source):
                found.append(self._happened(record))
        return sorted(found, key=lambda event: event.place.at)

    def notification(self, wanted: str) -> Told | None:
        """Whose notification it is and of which event: of those told, held, or shared."""
        raw = wanted.encode()
        shared = []
        for record in self._records([NOTIFICATIONS, DECISIONS], self._since):
            if record.key == b"":
                shared.append(record)
            elif record.value is not None and raw in record.value:
                name, fields = self._decoded(record)
                if name in (Notification.avro_name, Decision.avro_name) and fields["id"] == wanted:
                    return Told(fields["user"], fields["event_id"], fields.get("event_source"))
        return self._among_followers(wanted, shared)

    def decided_into(self, user: str, notification: str) -> list[Found]:
        """What went into a notification that stands for several."""
        decisions = self._for(user, [DECISIONS], self._since)[Decision.avro_name]
        return [found for found in decisions if found.fields["by"] == notification]

    def evidence(self, event: Happened, user: str) -> Evidence:
        """What the stages wrote because of the event, as far as it may concern the user. Follows come by `follows`."""
        found = Evidence(user, event, datetime.now(UTC))
        since: Bound = At(event.place.at - _SKEW)
        places = {event.place.source}
        found.matches = self._matches(places, since)
        places |= {match.place.source for match in found.matches}
        written = self._for(user, [DRAFTS, DRAFTS_URGENT, DECISIONS, NOTIFICATIONS], since)
        found.drafts = [draft for draft in written[Draft.avro_name] if draft.source in places]
        found.decisions = [decision for decision in written[Decision.avro_name] if _is_of(event, decision)]
        found.notifications, found.read_states = written[Notification.avro_name], written[ReadState.avro_name]
        found.shared = [one for one in written[SharedNotification.avro_name] if _is_of(event, one)]
        found.letters = self._letters(since)
        return found

    def follows(self, user: str, topics: Iterable[str]) -> list[FollowChange]:
        """When the user began and ended following each topic, as far as compaction has left it."""
        keys = {follow_key(topic, user): topic for topic in topics}
        if not keys:
            return []
        only = frozenset[int]().union(*map(self._partition, keys.values()))
        changes = []
        for record in self._records([FOLLOWS], _FIRST, only):
            topic = keys.get(record.key or b"")
            if topic is not None:
                since = None if record.value is None else self._decoded(record)[1].get("since")
                changes.append(FollowChange(topic, _time(record), since))
        return changes

    def _matches(self, places: set[str], since: Bound) -> list[Found]:
        """What match wrote for followed topics."""
        came = (record for record in self._records([MATCHES, MATCHES_URGENT], since) if _source(record) in places)
        decoded = ((record, *self._decoded(record)) for record in came)
        return [_found(record, fields) for record, name, fields in decoded if name == Draft.avro_name]

    def _for(self, user: str, topics: Iterable[Topic], since: Bound) -> defaultdict[str, list[Found]]:
        """Records for a user, by their key, or (with an empty key) for all; by type."""
        found: defaultdict[str, list[Found]] = defaultdict(list)
        for record in self._records(topics, since, self._partition(user)):
            if record.value is not None and record.key in (b"", user.encode()):
                name, fields = self._decoded(record)
                found[name].append(_found(record, fields))
        return found

    def _letters(self, since: Bound) -> list[Found]:
        decoded = ((record, *self._decoded(record)) for record in self._records([DEAD_LETTERS], since))
        return [_found(record, fields) for record, name, fields in decoded if name == DeadLetter.avro_name]

    def _among_followers(self, wanted: str, shared: list[RecordIn]) -> Told | None:
        """A shared record bears no user's id: it is made for each follower until one fits."""
        decoded = [fields for name, fields in map(self._decoded, shared) if name == SharedNotification.avro_name]
        by_topic: dict[str, dict[tuple[str, str, str], None]] = {}
        for fields in decoded:
            told = (fields["event_source"], fields["event_id"], fields["rule"])
            by_topic.setdefault(fields["topic"], {})[told] = None
        for record in self._records([FOLLOWS], _FIRST) if by_topic else ():
            topic, user = parse_follow_key(record.key or b"|")
            for source, event_id, rule in by_topic.get(topic, ()):
                if notification_id(source, event_id, rule, user) == wanted:
                    return Told(user, event_id, source)
        return None

    def _happened(self, record: RecordIn) -> Happened:
        place = _place(record)
        try:
            name, fields = self._codec.decode(record.value)
        except Permanent as error:
            return Happened(place, _envelope(record)[0], error=str(error))
        envelope, wrong = _envelope(record, name)
        return Happened(place, envelope, error=wrong) if wrong else Happened(place, envelope, name, fields)

    def _decoded(self, record: RecordIn) -> tuple[str, dict[str, Any]]:
        try:
            return self._codec.decode(record.value)
        except Permanent:
            return "", {}  # not ours, whatever its key says

    def _partition(self, key: str) -> frozenset[int]:
        """Where a user is, or a followed topic: all topics on the way have the same number of partitions."""
        return frozenset({partition_of(key, self._partitions)})

    @cached_property
    def _partitions(self) -> int:
        name = self._settings.namespace.name(NOTIFICATIONS)
        try:
            return len(all_partitions_of(self._settings.kafka(), name))
        except KafkaException as error:
            raise unread(error, self._settings.bootstrap_servers) from error

    def _records(self, topics: Iterable[Topic], since: Bound, only: frozenset[int] | None = None) -> Iterator[RecordIn]:
        return self._read_all([topic.name for topic in topics], since, only)

    def _read_all(self, topics: Iterable[str], since: Bound, only: frozenset[int] | None = None) -> Iterator[RecordIn]:
        there = [topic for topic in topics if topic in self._there]
        plan = plan_topics(self._settings, there, since, _LAST, only=only)
        for run in Reader(self._settings, plan.ranges, together=True).runs():
            self._read += len(run)
            self._progress(self._read)
            for row in range(len(run)):
                yield RecordIn(
                    run.topic,
                    run.partition,
                    run.offsets[row],
                    run.keys[row],
                    run.values[row],
                    run.headers[row] or (),
                    run.timestamps[row],
                )


def _source(record: RecordIn) -> str:
    """`topic:partition:offset` of what it came of."""
    value = dict(record.headers).get(SOURCE_HEADER)
    return value.decode(errors="replace").rpartition(":")[0] if value else ""


def _found(record: RecordIn, fields: dict[str, Any]) -> Found:
    return Found(_place(record), fields, record.key, _source(record), dict(record.headers).get(SHARED_HEADER))


def _is_of(event: Happened, found: Found) -> bool:
    fields = found.fields
    return (fields["event_id"], fields["event_source"]) == (event.envelope.id, event.envelope.source)


def _place(record: RecordIn) -> Place:
    return Place(record.topic, record.partition, record.offset, _time(record))


def _time(record: RecordIn) -> datetime:
    """Kafka's timestamp; 1970, before which Kafka knows none, if it is no time."""
    return max(moment(record.timestamp_ms) or EPOCH, EPOCH)


def _envelope(record: RecordIn, name: str = "") -> tuple[Envelope, str]:
    """(what it says of the event, "" or what is wrong with that): also of one whose time is none."""
    try:
        return record.envelope(name), ""
    except InvalidEvent as error:
        return record._replace(timestamp_ms=0).envelope(name), str(error)
