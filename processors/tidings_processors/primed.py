"""State by partition that is read once, when a partition is assigned, and kept up by whoever works on it."""

import threading
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

import structlog
from confluent_kafka import KafkaException
from tidings_schemas.errors import Transient

from .core.failures import StateNotHereYet

log = structlog.get_logger(__name__)

T = TypeVar("T")

_RETRY_S = 1.0


class Primed(Generic[T]):
    """What a worker knows of the partitions that it holds.

    Args:
        what: what is read, for messages.
    """

    def __init__(self, what: str) -> None:
        self._what = what
        self._owners: dict[int, object] = {}
        self._primed: dict[int, Future[None]] = {}
        self._closed = threading.Event()
        self._ready: dict[int, T] = {}  # asked for each record, so without a lock
        self._pool = ThreadPoolExecutor(1, thread_name_prefix=f"prime-{what.split()[-1]}")

    def read(self, partitions: list[int]) -> dict[int, T]:
        """The state of partitions as Kafka has it; in a thread that may wait.

        Raises:
            KafkaException, Transient: it is tried again.
        """
        raise NotImplementedError

    def close(self) -> None:
        """Stops reading."""
        self._closed.set()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def assign(self, owners: Mapping[int, object]) -> None:
        """Holds just these partitions from now on.

        Args:
            owners: for each partition an object that stays the same as long as it is held without a break; if
                it is another one, somebody else may have written meanwhile, and all is read anew.
        """
        for partition in list(self._owners):
            if self._owners[partition] is not owners.get(partition):
                del self._owners[partition]
                self._primed.pop(partition).cancel()
                self._ready.pop(partition, None)
        new = [partition for partition in owners if partition not in self._owners]
        for partition in new:
            self._owners[partition] = owners[partition]
            self._primed[partition] = Future()
        if new:
            self._pool.submit(self._prime, {partition: self._primed[partition] for partition in new})

    def restored(self, partition: int) -> "Future[None]":
        """Done once the partition is read; cancelled when it is given up before. KeyError if not held."""
        return self._primed[partition]

    def of(self, partition: int) -> T:
        """The state of a partition.

        Raises:
            StateNotHereYet: it is not held, or not read yet.
        """
        state = self._ready.get(partition)
        if state is None:
            raise StateNotHereYet(f"{self._what} of partition {partition} is not read yet")
        return state

    def held(self) -> dict[int, T]:
        """What is read, by partition."""
        return dict(self._ready)

    def _prime(self, wanted: Mapping[int, "Future[None]"]) -> None:
        found = self._read_at_last(wanted)
        for partition, future in wanted.items():
            # Ready before the future is: whoever waits for it asks at once. A cancelled one was given up meanwhile.
            if partition in found and future.set_running_or_notify_cancel():
                self._ready[partition] = found[partition]
                future.set_result(None)

    def _read_at_last(self, wanted: Mapping[int, "Future[None]"]) -> dict[int, T]:
        while not self._closed.is_set() and not all(future.cancelled() for future in wanted.values()):
            try:
                return self.read(list(wanted))
            except (KafkaException, Transient) as error:
                log.warning("cannot be read, trying again", what=self._what, error=str(error))
                self._closed.wait(_RETRY_S)
        return {}
