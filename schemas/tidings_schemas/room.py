"""Waiting for room in a full buffer: threads block, coroutines await, and no wake-up is lost."""

import asyncio
import threading
from time import monotonic

from .delivery import wake


class Room:
    """Wakes all who wait each time that room was made.

    Read `generation` before trying; if the try fails, wait for a later one. So room that was made between the try
    and the wait is never missed.
    """

    def __init__(self) -> None:
        self.generation = 0
        self._changed = threading.Condition()
        self._futures: list[asyncio.Future[None]] = []

    def made(self) -> None:
        """There may be room now. From any thread."""
        with self._changed:
            self.generation += 1
            self._changed.notify_all()
            futures, self._futures = self._futures, []
        for future in futures:
            wake(future)

    def wait(self, seen: int, deadline: float) -> bool:
        """Blocks until a generation after `seen`; False once `deadline` (`time.monotonic`) has passed."""
        with self._changed:
            return self._changed.wait_for(lambda: self.generation != seen, max(0.0, deadline - monotonic()))

    async def wait_async(self, seen: int, deadline: float) -> bool:
        """`wait` for coroutines: does not block the loop."""
        future = asyncio.get_running_loop().create_future()
        with self._changed:
            if self.generation != seen:
                return True
            self._futures.append(future)
        try:
            async with asyncio.timeout(max(0.0, deadline - monotonic())):
                await future
        except TimeoutError:
            return False
        return True
