"""One assigned partition as the event loop sees it: what waits, what is at work, what is done."""

from __future__ import annotations

from collections import deque
from typing import Any

from confluent_kafka import Message
from faust.types import TP, ChannelT

from .backlog import Backlog, Level
from .lane import Lane
from .ledger import Entry, Ledger
from .message import RunMessage
from .run import Run


class Partition:
    """State of one assigned partition, from its assignment to its end.

    Attributes:
        start: where it is read from: the committed offset when it was assigned, if there was one, or the one sought.
        backlog: records that were read and not handed out.
        queued: messages handed to Faust that no agent has taken yet.
        recalled: runs taken back from Faust when the flow stopped, each with the channel that has not seen it.
        next_offset: the offset behind the last record handed out; None before the first.
        lane: the agents that work on it; None until Faust has bound them.
        in_turn: whether it stands in its lane's queue.
        leaving: whether nothing more of it is handed out, since it has to go.
    """

    def __init__(self, tp: TP, level: Level, start: int | None = None) -> None:
        self.tp = tp
        self.start = start
        self.backlog: Backlog[Message] = Backlog(level, len)
        self.ledger = Ledger()
        self.queued: deque[RunMessage] = deque()
        self.recalled: deque[tuple[Run, ChannelT[Any]]] = deque()
        self.next_offset: int | None = None
        self.lane: Lane | None = None
        self.in_turn = False
        self.leaving = False

    @property
    def waiting(self) -> bool:
        """Whether there is anything to hand out."""
        return not self.leaving and (bool(self.recalled) or len(self.backlog) > 0)

    @property
    def done_to(self) -> int | None:
        """The offset below which all is done; None while nothing of it was read and nothing ever committed."""
        position = self.ledger.position
        if position is not None:
            return position
        oldest, head = self.ledger.oldest, self.backlog.head
        return oldest.first if oldest is not None else head.offset() if head is not None else self.start

    def cut(self, most: int, parts: int) -> tuple[list[Message], Entry]:
        """Take the next run, for `parts` agents, and open it in the ledger."""
        records = self.backlog.cut(most)
        first, last = records[0].offset(), records[-1].offset()
        assert first is not None, "a fetched record has an offset"
        assert last is not None, "a fetched record has an offset"
        self.next_offset = last + 1
        return records, self.ledger.open(first, last, len(records), parts)

    def recall(self) -> None:
        """Take back what no agent has started: Faust is about to empty its queues."""
        # In front: what was taken back before, and still waits, was behind these.
        self.recalled.extendleft((message.run, message.channel) for message in reversed(self._unqueue()))

    def leave(self) -> None:
        """Hand out nothing more. Nobody will start what waits, so nobody shall wait for it."""
        self.leaving = True
        self.recall()
        for run, _ in self.recalled:
            self.ledger.void(run.entry)
        self.recalled.clear()
        self.backlog.clear()

    def restart(self, offset: int) -> None:
        """The partition is read from `offset` on."""
        self._unqueue()
        self.recalled.clear()
        self.backlog.clear()
        self.ledger.close()
        self.ledger = Ledger()
        self.next_offset, self.start = None, offset

    def _unqueue(self) -> list[RunMessage]:
        messages = list(self.queued)
        self.queued.clear()
        for message in messages:
            message.cancel()
        return messages
