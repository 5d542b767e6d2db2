"""From a thread to an event loop: bounded, and one wake-up for all that waits."""

import asyncio
import threading
from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")


class Handoff(Generic[T]):
    """Make it on the loop that will read.

    Args:
        room: weight that may wait; beyond it the thread waits.
    """

    def __init__(self, room: int) -> None:
        self._loop = asyncio.get_running_loop()
        self._ready = asyncio.Event()
        self._items: deque[T] = deque()
        self._room = room
        self._weight = 0
        self._space = threading.Condition()
        self._closed = False

    def put(self, item: T, weight: int) -> None:
        """From the thread. Waits for room; once closed, does nothing."""
        with self._space:
            while self._weight > self._room and not self._closed:
                self._space.wait()
            if self._closed:
                return
            self._weight += weight
            self._items.append(item)
            if len(self._items) == 1:
                self._loop.call_soon_threadsafe(self._ready.set)

    async def take(self) -> deque[T]:
        """On the loop. Waits until there is something, then returns all of it in order."""
        await self._ready.wait()
        with self._space:
            self._ready.clear()
            items, self._items = self._items, deque()
            self._weight = 0
            self._space.notify()
        return items

    def close(self) -> None:
        """On the loop: lets the thread go on."""
        with self._space:
            self._closed = True
            self._space.notify()
