"""A stream that is kept in memory and answered in one piece: for long polls and snapshots.

They pass through the same session as a stream does, so cursor, resume, resets and order are the same.
"""

import asyncio
from dataclasses import dataclass, field

from tidings_gateway.frames import parse

from .base import Payload


@dataclass(slots=True)
class Collected:
    """What has come so far: (event, JSON) in order, the cursor behind it, and why there was a reset, if there was."""

    messages: list[tuple[str, bytes]] = field(default_factory=list)
    cursor: str = ""
    reset: bytes = b""
    ready: bool = False
    over: bool = False


class CollectingSink:
    """Takes frames until `room` bytes are there.

    Args:
        room: bytes; a sink that is full stays so.
    """

    def __init__(self, room: int) -> None:
        self._room = room
        self._changed = asyncio.Event()
        self.collected = Collected()

    @property
    def full(self) -> bool:
        """Whether there is no more room."""
        return self._room <= 0

    def write(self, payload: Payload) -> bool:
        """As `Sink.write`."""
        collected = self.collected
        for event, cursor, data in parse(payload.frames):
            if event in ("notification", "read-state"):
                collected.messages.append((event, data))
            elif event == "ready":
                collected.ready = True
            elif event == "reset":
                collected.reset = data
            collected.cursor = cursor or collected.cursor
        self._room -= len(payload.frames)
        self._changed.set()
        return not self.full

    def close(self) -> None:
        """As `Sink.close`."""
        self.collected.over = True
        self._changed.set()

    def abort(self) -> None:
        """As `Sink.abort`."""
        self.close()

    async def until_caught_up(self) -> None:
        """Waits until all history is there, or as much as there is room for."""
        while not (self.collected.ready or self.full or self.collected.over):
            await self._change()

    async def until_message(self) -> None:
        """Waits until all history is there and it is not nothing."""
        await self.until_caught_up()
        while not (self.collected.messages or self.collected.reset or self.full or self.collected.over):
            await self._change()

    async def _change(self) -> None:
        self._changed.clear()
        await self._changed.wait()
