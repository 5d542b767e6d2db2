"""The Faust message that carries a run, and the set by which Faust says what became of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from faust.types import ChannelT, ConsumerMessage

from .lane import Lane
from .run import Run

if TYPE_CHECKING:
    from .partition import Partition


class RunMessage(ConsumerMessage):
    """A message whose value is a run and whose offset is the run's last. One for each agent that gets the run."""

    __slots__ = ("channel", "home", "lane", "run")

    def __init__(self, run: Run, channel: ChannelT[Any], home: Partition, lane: Lane, generation: int) -> None:
        kind, milliseconds = run.records[-1].timestamp()
        super().__init__(
            run.tp.topic,
            run.tp.partition,
            run.last,
            milliseconds / 1000.0,
            kind,
            headers=None,
            key=None,
            value=None,
            checksum=None,
            serialized_key_size=0,
            serialized_value_size=0,
            tp=run.tp,
            generation_id=generation,
        )
        self.run, self.channel, self.home, self.lane = run, channel, home, lane
        self.refcount = 1

    def cancel(self) -> None:
        """Free the agent's place. Should Faust deliver the message all the same, it skips it for its generation."""
        self.generation_id = -1
        self.lane.leave(self.channel)


class AtWork(set[Any]):
    """Faust's "unacked messages": a message is in it from when an agent takes it until the agent asks for the next.

    Faust's stream iterators add and discard directly, which makes this set the one place that tells both moments.
    """

    def __init__(self, started: Callable[[RunMessage], None], finished: Callable[[RunMessage], None]) -> None:
        super().__init__()
        self._started, self._finished = started, finished

    def add(self, message: Any) -> None:
        """An agent takes the message."""
        super().add(message)
        if isinstance(message, RunMessage):
            self._started(message)

    def discard(self, message: Any) -> None:
        """The agent has come back for the next one."""
        if message in self:
            super().discard(message)
            if isinstance(message, RunMessage):
                self._finished(message)


class Nowhere(dict[Any, Any]):
    """Stands where Faust keeps acked offsets, and keeps none: the ledger decides what is committed."""

    def __missing__(self, key: Any) -> Nowhere:
        return self

    def __contains__(self, key: Any) -> bool:
        return False

    def add(self, offset: int) -> None:
        """Forget an offset (`_acked_index`)."""

    def append(self, offset: int) -> None:
        """Forget an offset (`_acked`)."""
