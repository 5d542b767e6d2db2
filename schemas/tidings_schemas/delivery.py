"""What became of one record on its way to Kafka: a receipt that threads can wait for and coroutines can await."""

import asyncio
import threading
from collections.abc import Callable, Generator
from functools import partial
from typing import Any, NamedTuple

from .errors import TidingsError


class RecordMetadata(NamedTuple):
    """Where Kafka keeps a record. `topic` is the bare name, without the namespace."""

    topic: str
    partition: int
    offset: int


#: One lock for all: it is held for two list operations, and only by those who must wait.
_registering = threading.Lock()


class Delivery:
    """The awaitable receipt of one record.

    `delivery.result()` waits in a thread, `await delivery` in a coroutine; both give `RecordMetadata` or raise what
    kept the record from Kafka: a `Transient` error may pass when tried again, a `Permanent` one will not.

    One is made for every record, so it carries no lock of its own: a waiter registers first and then looks at the
    outcome; the producer's thread sets the outcome first and then looks for waiters. So one of them sees the other.
    """

    __slots__ = ("_outcome", "_waiters", "key", "seen", "topic")

    def __init__(self, topic: str, key: bytes | None = None) -> None:
        self.topic = topic
        self.key = key
        self.seen = False
        self._outcome: RecordMetadata | TidingsError | None = None
        self._waiters: list[Callable[[], object]] | None = None

    def done(self) -> bool:
        """Whether Kafka has the record or will not get it."""
        return self._outcome is not None

    def result(self, timeout: float | None = None) -> RecordMetadata:
        """Waits up to `timeout` seconds (None: as long as the producer tries).

        Raises:
            TimeoutError: not known yet; the record may still arrive.
            TidingsError: the record did not reach Kafka.
        """
        if self._outcome is None:
            event = threading.Event()
            self.when_done(event.set)
            if not event.wait(timeout):
                raise TimeoutError(f"no receipt for a record on {self.topic} within {timeout} s; it may still arrive")
        return self._read()

    def exception(self) -> TidingsError | None:
        """What kept the record from Kafka; None when nothing did, or when it is not known yet."""
        self.seen = self.done()
        return self._outcome if isinstance(self._outcome, TidingsError) else None

    def when_done(self, call: Callable[[], object]) -> None:
        """Calls `call` once or twice when done: at once if it is so already, else from the producer's thread.

        It must be quick, must not raise, and must not mind a second call.
        """
        with _registering:
            if self._waiters is None:
                self._waiters = []
            self._waiters.append(call)
        if self._outcome is not None:
            call()

    def settle(self, outcome: RecordMetadata | TidingsError) -> None:
        """Sets the outcome, for producers."""
        self._outcome = outcome
        for call in self._waiters or ():
            call()

    def __await__(self) -> Generator[Any, None, RecordMetadata]:
        if self._outcome is None:
            wakened = asyncio.get_running_loop().create_future()
            self.when_done(partial(wake, wakened))
            yield from wakened.__await__()
        return self._read()

    def _read(self) -> RecordMetadata:
        self.seen = True
        if isinstance(self._outcome, RecordMetadata):
            return self._outcome
        assert self._outcome is not None
        raise self._outcome


def wake(future: "asyncio.Future[None]") -> None:
    """Completes a future from any thread; one that was cancelled, or whose loop is gone, no longer cares."""
    try:
        future.get_loop().call_soon_threadsafe(_complete, future)
    except RuntimeError:  # the loop is closed
        return


def _complete(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)
