"""What shared notifications need to know of preferences: who must be told one by one, and how the others read.

Of all partitions, since a popular topic has followers in each; of a million users only those with particular wishes are
kept by name.
"""

import threading
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from typing import Any

import structlog
from confluent_kafka import KafkaException
from tidings_schemas import Preference
from tidings_schemas.codec import Codec
from tidings_schemas.compacted import all_partitions_of

from .core.failures import StateNotHereYet
from .core.shared import ReaderKey, is_particular
from .patient import PatientCodec
from .state import PartitionedState

log = structlog.get_logger(__name__)

_RETRY_S = 1.0
_MAX_READERS = 1_000  # locale and zone are free text: nobody may make each shared record cost seconds


@dataclass(slots=True)
class PartitionWishes:
    """Of one partition: users with particular wishes; (locale, time zone) that anybody has had."""

    particular: set[str] = field(default_factory=set)
    readers: set[ReaderKey] = field(default_factory=set)


class Wishes:
    """Reads `preferences` in the background, once `start`ed.

    Args:
        config: librdkafka's connection properties.
        topic: the topic's full name.
        codec: decodes preferences, best without times; in a thread that may wait for the registry.
    """

    def __init__(self, config: dict[str, Any], topic: str, codec: Codec) -> None:
        self._config = config
        self._topic = topic
        self._codec = PatientCodec(codec, Preference.avro_name)
        self._state = PartitionedState(config, topic, PartitionWishes, self._apply)
        self._partitions = range(0)
        self._restored: Future[None] = Future()
        self._started = False
        self._closed = threading.Event()
        self._finder = threading.Thread(target=self._find, name="wishes", daemon=True)

    def start(self) -> None:
        """Starts reading, if it has not; returns at once."""
        if not self._started:
            self._started = True
            self._state.start()
            self._finder.start()

    def close(self) -> None:
        """Stops reading."""
        self._closed.set()
        self._codec.close()
        self._state.close()

    def restored(self) -> "Future[None]":
        """Done once what all partitions held when they were found is known; never before `start`."""
        return self._restored

    def particular(self) -> dict[int, set[str]]:
        """For each partition the users who must be told one by one; the sets change under the caller's eyes.

        Raises:
            StateNotHereYet: not all partitions are restored.
        """
        if not self._partitions:
            raise StateNotHereYet(f"the partitions of {self._topic} are not known yet")
        return {partition: self._state.of(partition).particular for partition in self._partitions}

    def readers(self, partition: int) -> tuple[ReaderKey, ...]:
        """(locale, time zone) of a partition's users.

        Raises:
            StateNotHereYet: the partition is not restored.
        """
        return tuple(self._state.of(partition).readers)

    def _find(self) -> None:
        while not self._closed.is_set():
            try:
                found = all_partitions_of(self._config, self._topic)
            except KafkaException as error:
                log.warning("the partitions of preferences are not known, trying again", error=str(error))
                self._closed.wait(_RETRY_S)
                continue
            self._state.assign(found)
            self._partitions = found
            wait([self._state.restored(partition) for partition in found])
            self._restored.set_result(None)
            return

    def _apply(self, wishes: PartitionWishes, key: bytes, value: bytes | None) -> None:
        user = key.decode()
        if value is None:
            wishes.particular.discard(user)
            return
        preference = self._codec.fields_of(value)
        if preference is None:  # perhaps it can be read by the time they are told
            wishes.particular.add(user)
            return
        if is_particular(preference):
            wishes.particular.add(user)
        else:
            wishes.particular.discard(user)
        if len(wishes.readers) < _MAX_READERS:
            wishes.readers.add((preference["locale"], preference["time_zone"]))
