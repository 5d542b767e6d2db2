"""Shell: past events, follows, preferences and notifications from Kafka."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from tidings_processors.core.record import RecordIn
from tidings_replay.core.run import Run
from tidings_replay.core.span import At, Bound, Edge
from tidings_replay.reader import Reader
from tidings_replay.topics import plan_topics
from tidings_schemas import Follow, Notification, Preference, SharedNotification
from tidings_schemas.codec import Codec
from tidings_schemas.errors import Permanent
from tidings_schemas.settings import Settings
from tidings_schemas.topics import FOLLOWS, NOTIFICATIONS, PREFERENCES

from tidings.whatif.shared import each_own

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

    def sent(
        self, since: Bound, event_ids: set[str], follows: Sequence[Follow], wishes: Mapping[str, Preference]
    ) -> dict[str, Mapping[str, Any]]:
        """The notifications that were sent because of these events, by id; the first of each.

        Args:
            follows, wishes: who followed what, and how they read: to make shared notifications each follower's own.
        """
        found: dict[str, Mapping[str, Any]] = {}
        start = since if isinstance(since, At) else _FIRST
        for name, record in self._decoded(NOTIFICATIONS.name, start):
            if record.get("event_id") not in event_ids:
                continue
            if name == Notification.avro_name:
                found.setdefault(record["id"], record)
            elif name == SharedNotification.avro_name:
                found = {one["id"]: one for one in each_own(record, follows, wishes)} | found
        return found

    def _compacted(self, topic: str, name: str) -> dict[bytes, dict[str, Any]]:
        state: dict[bytes, dict[str, Any]] = {}
        for run in Reader(self._settings, plan_topics(self._settings, [topic], _FIRST, _LAST).ranges).runs():
            for key, value in zip(run.keys, run.values, strict=True):
                if value is None:
                    state.pop(key or b"", None)
                elif (found := self._record(value))[0] == name:
                    state[key or b""] = found[1]
        return state

    def _decoded(self, topic: str, since: Bound) -> Iterator[tuple[str, dict[str, Any]]]:
        for run in Reader(self._settings, plan_topics(self._settings, [topic], since, _LAST).ranges).runs():
            yield from (self._record(value) for value in run.values if value is not None)

    def _record(self, value: bytes) -> tuple[str, dict[str, Any]]:
        try:
            return self._codec.decode(value)
        except Permanent:
            return "", {}  # `tidings replay` tells of such records; here they change nothing


def _records(run: Run) -> Iterator[RecordIn]:
    for row in range(len(run)):
        headers = run.headers[row] or ()
        yield RecordIn(
            run.topic, run.partition, run.offsets[row], run.keys[row], run.values[row], headers, run.timestamps[row]
        )
