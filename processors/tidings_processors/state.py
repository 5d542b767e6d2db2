"""Compacted topics as state, of which a worker holds the partitions that it needs; and preferences by user.

A partition is restored before the first record that depends on it is processed, and kept up to date from then on.
"""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from functools import lru_cache
from typing import Any, Generic, TypeVar

import structlog
from confluent_kafka import Message
from tidings_schemas import Preference
from tidings_schemas.codec import Codec
from tidings_schemas.compacted import CompactedReader
from tidings_schemas.errors import Permanent

from .core.failures import StateNotHereYet

log = structlog.get_logger(__name__)

T = TypeVar("T")

_DECODED = 20_000  # preferences that are kept decoded


class PartitionedState(Generic[T]):
    """What a worker knows by partition of one compacted topic.

    Args:
        config: librdkafka's connection properties.
        topic: the topic's full name.
        make: an empty state for a partition.
        apply: takes one record into a partition's state: (state, key, value or None for a tombstone). It may
            raise ValueError for a record that makes no sense, which is logged and left out.
    """

    def __init__(
        self,
        config: dict[str, Any],
        topic: str,
        make: Callable[[], T],
        apply: Callable[[T, bytes, bytes | None], None],
    ) -> None:
        self._topic = topic
        self._make = make
        self._apply = apply
        self._states: dict[int, T] = {}
        self._ready: dict[int, T] = {}  # of these, the restored ones: asked for each record, so without a lock
        self._reader = CompactedReader(config, topic, self._take)

    def start(self) -> None:
        """Starts reading; nothing is assigned yet."""
        self._reader.start(())

    def close(self) -> None:
        """Stops reading."""
        self._reader.close()

    def assign(self, partitions: Iterable[int]) -> None:
        """Holds just these partitions from now on. Others are forgotten; new ones are restored."""
        wanted = set(partitions)
        for gone in self._states.keys() - wanted:
            del self._states[gone]
            self._ready.pop(gone, None)
        for new in wanted - self._states.keys():
            self._states[new] = self._make()
        self._reader.assign(wanted)

    def restored(self, partition: int) -> "Future[None]":
        """Done once the partition is restored; cancelled when it is given up before. KeyError if it is not held."""
        return self._reader.restored(partition)

    def of(self, partition: int) -> T:
        """The state of a partition.

        Raises:
            StateNotHereYet: it is not held, or not restored yet.
        """
        state = self._ready.get(partition)
        if state is None:
            if partition not in self._states or not self._reader.restored(partition).done():
                raise StateNotHereYet(f"partition {partition} of {self._topic} is not restored yet")
            state = self._ready[partition] = self._states[partition]
        return state

    def _take(self, messages: Sequence[Message]) -> None:
        states, apply = self._states, self._apply
        for message in messages:
            state = states.get(message.partition())  # type: ignore[arg-type]
            key = message.key()
            if state is None or key is None:
                continue
            try:
                apply(state, key, message.value())
            except ValueError as error:
                log.warning(
                    "a record that makes no sense", topic=self._topic, offset=message.offset(), error=str(error)
                )


class PreferenceReader:
    """What the bytes of preferences say. Kept, but for those that cannot be read: the registry may know them later."""

    def __init__(self, codec: Codec) -> None:
        self._codec = codec
        self._decoded = lru_cache(_DECODED)(self._decode)
        self._warn_once = lru_cache(_DECODED)(_warn)

    def read(self, raw: bytes) -> Preference | None:
        """The preference; None if it is none, or cannot be read: a broken one must not silence its user.

        Raises:
            RegistryUnavailable: the schema that wrote it is not known yet.
        """
        try:
            return self._decoded(raw)
        except Permanent as error:
            self._warn_once(raw, str(error))
            return None

    def _decode(self, raw: bytes) -> Preference | None:
        name, record = self._codec.decode(raw)
        return Preference.from_avro(record) if name == Preference.avro_name else None


def _warn(_: bytes, error: str) -> None:
    log.warning("a preference that cannot be read", error=error)


class Preferences:
    """What users wish. Kept as bytes, which are small, and decoded when they are asked for."""

    def __init__(self, config: dict[str, Any], topic: str, codec: Codec) -> None:
        self.state: PartitionedState[dict[bytes, bytes]] = PartitionedState(config, topic, dict, _apply_bytes)
        self._reader = PreferenceReader(codec)

    def of(self, partition: int, user: str) -> Preference | None:
        """A user's wishes; None if they have none, or none that can be read.

        Raises:
            StateNotHereYet: see `PartitionedState.of`.
            RegistryUnavailable: the schema that wrote them is not known yet.
        """
        raw = self.state.of(partition).get(user.encode())
        return None if raw is None else self._reader.read(raw)


def _apply_bytes(values: dict[bytes, bytes], key: bytes, value: bytes | None) -> None:
    if value is None:
        values.pop(key, None)
    else:
        values[key] = value
