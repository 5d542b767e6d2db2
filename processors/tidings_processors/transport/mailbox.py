"""Two queues between the event loop and a thread: events to the loop, commands to the thread. They know no Kafka."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, Generic, TypeVar

T = TypeVar("T")
E = TypeVar("E")


class ReaderStopped(Exception):
    """The thread has ended; it can be asked nothing more."""


class ToLoop(Generic[E]):
    """Events for the loop, in order. However many gather, the loop is woken once.

    Args:
        loop: where `deliver` runs.
        deliver: called with each event; must not raise.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, deliver: Callable[[E], None]) -> None:
        self._loop = loop
        self._deliver = deliver
        self._events: deque[E] = deque()
        self._woken = False

    def tell(self, event: E) -> None:
        """Queue an event (in the thread)."""
        self._events.append(event)
        if not self._woken:
            self._woken = True
            self._loop.call_soon_threadsafe(self._take)

    def _take(self) -> None:
        self._woken = False  # first, so that what comes while this runs wakes again rather than being left
        while self._events:
            self._deliver(self._events.popleft())


class ToThread:
    """Calls for the thread, which makes them when it has time for it."""

    def __init__(self) -> None:
        self._calls: deque[tuple[Callable[[], Any], Future[Any]]] = deque()
        self._ended = False

    async def ask(self, call: Callable[[], T]) -> T:
        """Have the thread make `call`, and return or raise what comes of it (on the loop).

        Raises: ReaderStopped if the thread ends before that.
        """
        answer: Future[T] = Future()
        self._calls.append((call, answer))
        if self._ended:
            self._refuse()
        return await asyncio.wrap_future(answer)

    def run(self) -> None:
        """Make the calls that wait (in the thread)."""
        while self._calls:
            call, answer = self._calls.popleft()
            if not answer.set_running_or_notify_cancel():
                continue
            try:
                answer.set_result(call())
            except BaseException as error:
                answer.set_exception(error)

    def end(self) -> None:
        """Refuse what waits and all that comes (in the thread, at its end)."""
        self._ended = True
        self._refuse()

    def _refuse(self) -> None:
        with suppress(IndexError):  # both sides may be here at once
            while True:
                answer = self._calls.popleft()[1]
                if answer.set_running_or_notify_cancel():
                    answer.set_exception(ReaderStopped("the consumer is closed"))
