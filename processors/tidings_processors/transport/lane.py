"""The agents that share a partition's runs, and whose turn it is. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterable
from typing import Any


class Lane:
    """Inboxes that get the same runs (one for each agent on the topic), and the partitions that take turns for them.

    Args:
        channels: the inboxes.
        places: how many runs each may hold, waiting or at work.
    """

    def __init__(self, channels: Iterable[Hashable], places: int) -> None:
        self.channels: tuple[Any, ...] = tuple(channels)
        self.turns: deque[Any] = deque()
        self._free = dict.fromkeys(self.channels, places)
        self._full = 0 if self.channels else 1  # inboxes without a place; a lane without inboxes never has room

    @property
    def room(self) -> bool:
        """Whether every inbox has a place."""
        return not self._full

    def enter(self, channel: Hashable) -> None:
        """A run takes a place."""
        self._free[channel] -= 1
        self._full += self._free[channel] == 0

    def leave(self, channel: Hashable) -> None:
        """A run's place is free again."""
        self._full -= self._free[channel] == 0
        self._free[channel] += 1
