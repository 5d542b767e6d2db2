"""Partitions that are lost while the coordinator is away: nothing waits for a commit that cannot succeed."""

import asyncio
import logging

import pytest
from confluent_kafka import KafkaError, KafkaException, TopicPartition
from faust.types import TP
from tidings_processors.transport.backlog import Limits
from tidings_processors.transport.events import ReaderEvent, Revoked
from tidings_processors.transport.quiet import QuietLog
from tidings_processors.transport.reader import Reader
from tidings_processors.transport.settings import Settings, librdkafka

NOWHERE = "127.0.0.1:1"


async def test_a_commit_of_lost_partitions_is_refused_at_once() -> None:
    """The loop commits while the reader says what it lost: with no broker to answer, both are through in a moment."""
    told: list[ReaderEvent] = []
    reader = Reader(
        librdkafka(Settings(), NOWHERE, "group", "client"),
        limits=Limits(100, 1000),
        linger=0.0,
        revoke_timeout=0.2,
        loop=asyncio.get_running_loop(),
        deliver=told.append,
        log=QuietLog(logging.getLogger("test"), 1.0),
    )
    commit = asyncio.create_task(reader.commit({TP("events", 0): 7}))
    await asyncio.sleep(0)  # the commit is in the reader's mailbox now
    lost = asyncio.to_thread(reader._on_lost, reader._kafka, [TopicPartition("events", 0)])  # as librdkafka calls it
    await asyncio.wait_for(lost, 10)
    with pytest.raises(KafkaException) as refused:
        await asyncio.wait_for(commit, 1)
    assert refused.value.args[0].code() == KafkaError._ASSIGNMENT_LOST
    assert [type(event) for event in told] == [Revoked]


def test_no_answer_is_awaited_longer_than_the_session_lasts() -> None:
    """librdkafka's own 60 s would outlast the group's patience several times."""
    assert librdkafka(Settings(session_timeout=8), NOWHERE, "g", "c")["socket.timeout.ms"] == 8000
    assert librdkafka(Settings(fetch_wait=20), NOWHERE, "g", "c")["socket.timeout.ms"] == 22_000
