"""Shell: past events, follows, preferences and notifications from Kafka."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tidings_processors.core.record import RecordIn
from tidings_replay.core.run import Run
from tidings_replay.core.span import At, Bound, Edge
from tidings_replay.reader import Reader
from tidings_replay.topics import plan_topics
from tidings_schemas import Follow, Notification, Preference
from tidings_schemas.codec import Codec
from tidings_schemas.errors import Permanent
from tidings_schemas.settings import Settings
from tidings_schemas.topics import FOLLOWS, NOTIFICATIONS, PREFERENCES

_FIRST, _LAST = Edge(latest=False), Edge(latest=True)


class Past:
    """What Kafka remembers. Every method raises `NothingThere` and `BrokerUnavailable` as `plan_topics` does."""

    def __init__(self, settings: Settings, codec: Codec) -> None:
        self._settings, self._codec = settings, codec

    def events(
        self, topics: tuple[str, ...], since: Bound, until: Bound, progress: Callable[[int], None] = lambda _: None
    ) -> Iterator[RecordIn]:
        """The events of a span, in the order of each partition."""
        plan = plan_topics(self._settings, topics, since, until)
        read = 0
        limits = {(r.topic, r.partition): (r.from_ms, r.to_ms) for r in plan.ranges}
        for run in Reader(self._settings, plan.ranges).runs():
            low, high = limits[run.topic, run.partition]
            read += len(run)
            progress(read)
            for record in _records(run):
                if (low is None or record.timestamp_ms >= low) and (high is None or record.timestamp_ms < high):
                    yield record

    def size(self, topics: tuple[str, ...], since: Bound, until: Bound) -> int:
        """How many records `events` will read at most."""
        return plan_topics(self._settings, topics, since, until).size

    def follows(self) -> list[Follow]:
        """Who follows what now."""
        state = self._compacted(FOLLOWS.name, Follow.avro_name)
        return [Follow.from_avro(record) for record in state.values()]

    def preferences(self) -> dict[str, Preference]:
        """Every user's wishes as they are now."""
        state = self._compacted(PREFERENCES.name, Preference.avro_name)
        return {record["user"]: Preference.from_avro(record) for record in state.values()}

    def sent(self, since: Bound, event_ids: set[str]) -> dict[str, Mapping[str, Any]]:
        """The notifications that were sent because of these events, by id; the first of each."""
        found: dict[str, Mapping[str, Any]] = {}
        start = since if isinstance(since, At) else _FIRST
        for _, record in self._decoded(NOTIFICATIONS.name, Notification.avro_name, start):
            if record["event_id"] in event_ids:
                found.setdefault(record["id"], record)
        return found

    def _compacted(self, topic: str, name: str) -> dict[bytes, dict[str, Any]]:
        state: dict[bytes, dict[str, Any]] = {}
        for run in Reader(self._settings, plan_topics(self._settings, [topic], _FIRST, _LAST).ranges).runs():
            for key, value in zip(run.keys, run.values, strict=True):
                if value is None:
                    state.pop(key or b"", None)
                elif (record := self._record(value, name)) is not None:
                    state[key or b""] = record
        return state

    def _decoded(self, topic: str, name: str, since: Bound) -> Iterator[tuple[bytes | None, dict[str, Any]]]:
        for run in Reader(self._settings, plan_topics(self._settings, [topic], since, _LAST).ranges).runs():
            for key, value in zip(run.keys, run.values, strict=True):
                if value is not None and (record := self._record(value, name)) is not None:
                    yield key, record

    def _record(self, value: bytes, name: str) -> dict[str, Any] | None:
        try:
            found, record = self._codec.decode(value)
        except Permanent:
            return None  # `tidings replay` tells of such records; here they change nothing
        return record if found == name else None


def _records(run: Run) -> Iterator[RecordIn]:
    for row in range(len(run)):
        headers = run.headers[row] or ()
        yield RecordIn(
            run.topic, run.partition, run.offsets[row], run.keys[row], run.values[row], headers, run.timestamps[row]
        )
