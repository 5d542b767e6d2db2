"""Hands runs to the agents: one at a time to each, cut only when it asks, partitions in turn."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from faust.types import TP, AppT

from .conductor import Conductor
from .lane import Lane
from .message import RunMessage
from .partition import Partition
from .run import Run


class Dispatcher:
    """Decides which partition's records go to an agent next, and puts them there.

    Args:
        app: the Faust app whose agents get the runs.
        max_run: most records of a run.
        max_undone: most records of a partition that may be handed out and not be done.
        prefetch: runs that an agent may hold, the one at work included.
        may_flow: whether a partition may be handed out now (not paused, no rebalance).
        done: told, from any thread, when a run is done.
    """

    def __init__(
        self,
        app: AppT,
        *,
        max_run: int,
        max_undone: int,
        prefetch: int,
        may_flow: Callable[[TP], bool],
        done: Callable[[], None],
    ) -> None:
        self._app = app
        self._max_run, self._max_undone, self._prefetch = max_run, max_undone, prefetch
        self._may_flow = may_flow
        self._done = done
        self._event_type: Any = app.conf.Event
        self._lanes: dict[frozenset[Any], Lane] = {}
        self.blocked = False
        """Whether a partition waits for runs to be done."""

    def bind(self, partitions: Iterable[Partition]) -> None:
        """Find each partition's agents, as of this assignment. Agents keep their lane, and what they hold in it."""
        conductor = self._app.topics
        assert isinstance(conductor, Conductor)
        for partition in partitions:
            channels = frozenset(conductor.channels(partition.tp))
            if channels not in self._lanes:
                self._lanes[channels] = Lane(channels, self._prefetch * self._concurrency(partition.tp.topic))
            partition.lane = self._lanes[channels]

    def offer(self, partition: Partition) -> None:
        """Something waits in the partition: hand it out as soon as it may be."""
        lane = partition.lane
        if lane is None:
            return
        if not partition.in_turn and partition.waiting:
            partition.in_turn = True
            lane.turns.append(partition)
        self.serve(lane)

    def serve(self, lane: Lane) -> None:
        """Give places that are free to the partitions whose turn it is."""
        turns = lane.turns
        while turns and lane.room:
            partition: Partition = turns.popleft()
            partition.in_turn = False
            if partition.waiting and self._may_hand_out(partition):
                self._hand_out(partition, lane)
                if partition.waiting:
                    partition.in_turn = True
                    turns.append(partition)

    def started(self, message: RunMessage) -> None:
        """An agent took the message."""
        queued = message.home.queued
        if queued and queued[0] is message:
            queued.popleft()
        elif message in queued:
            queued.remove(message)

    def finished(self, message: RunMessage) -> None:
        """The agent asks for the next one."""
        message.lane.leave(message.channel)
        self.serve(message.lane)

    def _may_hand_out(self, partition: Partition) -> bool:
        if not self._may_flow(partition.tp):
            return False
        if partition.ledger.holds(self._max_undone):
            return True
        self.blocked = True  # said before the second look, so that no end between the two is missed
        return partition.ledger.holds(self._max_undone)

    def _hand_out(self, partition: Partition, lane: Lane) -> None:
        if partition.recalled:
            run, channel = partition.recalled.popleft()
            self._put(run, channel, partition, lane)
            return
        records, entry = partition.cut(self._max_run, len(lane.channels))
        for part, channel in enumerate(lane.channels):
            self._put(Run(partition.tp, records, entry, part, self._done), channel, partition, lane)

    def _put(self, run: Run, channel: Any, partition: Partition, lane: Lane) -> None:
        message = RunMessage(run, channel, partition, lane, self._app.consumer_generation_id)
        partition.queued.append(message)
        lane.enter(channel)
        channel.queue.force_put_nowait(self._event_type(self._app, None, run, None, message))

    def _concurrency(self, topic: str) -> int:
        agents = (agent for agent in self._app.agents.values() if topic in agent.get_topic_names())
        return max((agent.concurrency for agent in agents), default=1)
