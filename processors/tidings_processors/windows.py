"""What was lately written to `notifications`, by partition: read from there when a partition is assigned.

A worker that takes over reads the end of its own output, as far back as what was not committed by whoever was there
before. So a replay writes nothing twice.
"""

import threading
from collections.abc import Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import structlog
from confluent_kafka import KafkaException, Message
from tidings_schemas.codec import Codec
from tidings_schemas.errors import Permanent, Transient
from tidings_schemas.topics import NOTIFICATIONS, Namespace

from . import tail
from .core.failures import StateNotHereYet
from .core.record import SOURCE_HEADER
from .core.window import Window

log = structlog.get_logger(__name__)

_CHUNK = 10_000  # records of a partition that are read back at once
_RETRY_S = 1.0


class Windows:
    """The windows of one input topic (`drafts` or `receipts`).

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
        self._windows: dict[int, Window] = {}
        self._owners: dict[int, object] = {}
        self._primed: dict[int, Future[None]] = {}
        self._closed = threading.Event()
        self._ready: dict[int, Window] = {}  # the windows that were read: asked for each record, so without a lock
        self._pool = ThreadPoolExecutor(1, thread_name_prefix=f"prime-{source}")

    def close(self) -> None:
        """Stops reading."""
        self._closed.set()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def assign(self, owners: Mapping[int, object]) -> None:
        """Holds just these partitions from now on.

        Args:
            owners: for each partition an object that stays the same as long as it is held without a break; if
                it is another one, somebody else may have written meanwhile, and the window is read anew.
        """
        for partition in list(self._owners):
            if self._owners[partition] is not owners.get(partition):
                del self._owners[partition], self._windows[partition]
                self._ready.pop(partition, None)
                self._primed.pop(partition).cancel()
        new = [partition for partition in owners if partition not in self._owners]
        for partition in new:
            self._owners[partition] = owners[partition]
            self._windows[partition] = Window(self._limit)
            self._primed[partition] = Future()
        if new:
            self._pool.submit(self._prime, {partition: self._primed[partition] for partition in new})

    def restored(self, partition: int) -> "Future[None]":
        """Done once the window is read; cancelled when the partition is given up before. KeyError if not held."""
        return self._primed[partition]

    def of(self, partition: int) -> Window:
        """The window of a partition.

        Raises:
            StateNotHereYet: it is not held, or not read yet.
        """
        window = self._ready.get(partition)
        if window is None:
            if partition not in self._windows or not self._primed[partition].done():
                raise StateNotHereYet(f"the end of partition {partition} of {self._topic} is not read yet")
            window = self._ready[partition] = self._windows[partition]
        return window

    def _prime(self, wanted: Mapping[int, "Future[None]"]) -> None:
        found = self._read_back_at_last(wanted)
        for partition, future in wanted.items():
            window = self._windows.get(partition)
            if window is None or self._primed.get(partition) is not future:
                continue
            for record_id in found.get(partition, ()):
                window.add(record_id)
            if future.set_running_or_notify_cancel():
                future.set_result(None)

    def _read_back_at_last(self, wanted: Mapping[int, "Future[None]"]) -> dict[int, list[str]]:
        while not self._closed.is_set() and not all(future.cancelled() for future in wanted.values()):
            try:
                return self._read_back(list(wanted))
            except (KafkaException, Transient) as error:
                log.warning("the end of the notifications cannot be read, trying again", error=str(error))
                self._closed.wait(_RETRY_S)
        return {}

    def _read_back(self, partitions: list[int]) -> dict[int, list[str]]:
        """Ids that came of this input, oldest first, back to what was committed."""
        done = tail.committed(self._config, self._group, self._input, partitions)
        bounds = tail.ends(self._config, self._topic, partitions)
        floor = {p: max(low, high - self._limit) for p, (low, high) in bounds.items()}
        spans = {p: (max(floor[p], high - _CHUNK), high) for p, (_, high) in bounds.items()}
        ids: dict[int, list[str]] = {partition: [] for partition in partitions}
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

    def _chunk(self, spans: Mapping[int, tuple[int, int]]) -> tuple[dict[int, int], dict[int, list[str]]]:
        """The oldest input offset seen, and the ids, by partition."""
        oldest: dict[int, int] = {}
        ids: dict[int, list[str]] = {partition: [] for partition in spans}
        for message in tail.between(self._config, self._topic, spans):
            topic, partition, offset = source_of(message)
            if topic == self._source and partition in ids:
                oldest.setdefault(partition, offset)
                ids[partition] += self._id_of(message)
        return oldest, ids

    def _id_of(self, message: Message) -> list[str]:
        try:
            return [self._codec.decode(message.value())[1]["id"]]
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
