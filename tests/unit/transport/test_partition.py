"""What a partition has handed out, and takes back."""

import asyncio
from typing import Any

from confluent_kafka import Message
from faust.types import TP
from tidings_processors.transport.backlog import Level
from tidings_processors.transport.lane import Lane
from tidings_processors.transport.message import RunMessage
from tidings_processors.transport.partition import Partition
from tidings_processors.transport.run import Run


def test_runs_taken_back_in_two_stops_of_the_flow_keep_their_order() -> None:
    """Of two that wait the first was handed out again when the flow stopped once more: it stands before the second."""
    channel: Any = asyncio.Queue[Any]()
    lane = Lane([channel], places=2)
    partition = Partition(TP("events", 0), Level())

    def put(run: Run) -> None:
        lane.enter(channel)
        partition.queued.append(RunMessage(run, channel, partition, lane, generation=1))

    for offset in range(2):
        partition.backlog.add([Message(topic="events", partition=0, offset=offset, timestamp=(1, 0))])
        records, entry = partition.cut(most=1, parts=1)
        put(Run(partition.tp, records, entry, 0, lambda: None))
    partition.recall()
    put(partition.recalled.popleft()[0])
    partition.recall()
    assert [run.first for run, _ in partition.recalled] == [0, 1]
    assert lane.room
