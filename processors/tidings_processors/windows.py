"""What was lately written to `notifications`, by partition: read from there when a partition is assigned.

A worker that takes over reads the end of its own output, as far back as what was not committed by whoever was there
before. So a replay writes nothing twice.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from confluent_kafka import Message
from tidings_schemas import SharedNotification
from tidings_schemas.codec import Codec
from tidings_schemas.errors import Permanent
from tidings_schemas.topics import NOTIFICATIONS, Namespace

from . import tail
from .core.record import SOURCE_HEADER
from .core.window import Window
from .primed import Primed

#: Offset of the input record that it came of, its id, and whether many were told under it at once.
Told = tuple[int, str, bool]

_CHUNK = 10_000  # records of a partition that are read back at once


class Windows(Primed[Window]):
    """The windows of one input topic (`drafts`, `drafts-urgent` or `receipts`).

    Args:
        config: librdkafka's connection properties.
        namespace: topics' names on the cluster.
        group: the workers' group, whose commits say how far back to read.
        source: bare name of the input topic.
        codec: reads ids off the records, in a thread that may wait for the registry.
        limit: how many ids a window holds, and how many records are read back at most.
    """

    def __init__(
        self, config: dict[str, Any], namespace: Namespace, group: str, source: str, codec: Codec, limit: int
    ) -> None:
        self._config = config
        self._topic = namespace.name(NOTIFICATIONS)
        self._input = namespace.name(source)
        self._group = group
        self._source = source
        self._codec = codec
        self._limit = limit
        super().__init__(f"the end of {self._topic} that came of {source}")

    def read(self, partitions: list[int]) -> dict[int, Window]:
        """See `Primed.read`."""
        windows = {partition: Window(self._limit) for partition in partitions}
        for partition, ids in self._read_back(partitions).items():
            for offset, record_id, for_all in ids:
                windows[partition].add(record_id, for_all)
                windows[partition].restored_to = max(windows[partition].restored_to, offset)
        return windows

    def _read_back(self, partitions: list[int]) -> dict[int, list[Told]]:
        """What came of this input, oldest first, back to what was committed."""
        done = tail.committed(self._config, self._group, self._input, partitions)
        bounds = tail.ends(self._config, self._topic, partitions)
        floor = {p: max(low, high - self._limit) for p, (low, high) in bounds.items()}
        spans = {p: (max(floor[p], high - _CHUNK), high) for p, (_, high) in bounds.items()}
        ids: dict[int, list[Told]] = {partition: [] for partition in partitions}
        while spans:
            oldest, chunk = self._chunk(spans)
            for partition, found in chunk.items():
                ids[partition] = found + ids[partition]
            spans = {
                p: (max(floor[p], start - _CHUNK), start)
                for p, (start, _) in spans.items()
                if start > floor[p] and oldest.get(p, done.get(p, 0)) >= done.get(p, 0)
            }
        return ids

    def _chunk(self, spans: Mapping[int, tuple[int, int]]) -> tuple[dict[int, int], dict[int, list[Told]]]:
        """The oldest input offset seen, and what was told, by partition."""
        oldest: dict[int, int] = {}
        ids: dict[int, list[Told]] = {partition: [] for partition in spans}
        for message in tail.between(self._config, self._topic, spans):
            topic, partition, offset = source_of(message)
            if topic == self._source and partition in ids:
                oldest.setdefault(partition, offset)
                ids[partition] += self._told(message, offset)
        return oldest, ids

    def _told(self, message: Message, offset: int) -> list[Told]:
        try:
            name, record = self._codec.decode(message.value())
            return [(offset, record["id"], name == SharedNotification.avro_name)]
        except (Permanent, KeyError):  # not ours, whatever its header says
            return []


def source_of(message: Message) -> tuple[str, int, int]:
    """(bare topic, partition, offset) of the record that a record came of; ("", -1, -1) if it does not say."""
    headers: Iterable[tuple[str, Any]] = message.headers() or ()  # type: ignore[assignment]
    for name, value in headers:
        if name == SOURCE_HEADER and value is not None:
            try:
                topic, partition, offset, _ = value.decode().rsplit(":", 3)
                return topic, int(partition), int(offset)
            except ValueError:
                break
    return "", -1, -1
