"""Streams from a real Kafka to real sockets: resume, and what may happen to a topic meanwhile."""

import asyncio
import select
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager

import pytest
from tidings_gateway.core.cursor import Cursor, parse
from tidings_gateway.protocol import StreamProtocol
from tidings_gateway.sources.kafka import KafkaSource
from tidings_gateway.stream_settings import StreamSettings
from tidings_gateway.streams import Streams
from tidings_schemas.catalogue import Schema
from tidings_schemas.codec import Codec, FixedSchemas
from tidings_schemas.errors import RegistryUnavailable
from tidings_schemas.settings import Settings

from tests.streaming.build import CATALOGUE, CODEC, notification
from tests.streaming.client import EventStream
from tests.streaming.logs import KafkaLog, kafka_log
from tests.streaming.served import Served, served

pytestmark = pytest.mark.kafka

PARTITIONS = 3
ROOMY = StreamSettings(per_user=1_000, per_address=10_000)


@pytest.fixture
def settings(kafka: object, namespace: str) -> Settings:
    """Kafka, and a namespace of this test's own."""
    return Settings(bootstrap_servers=kafka.bootstrap_servers, prefix=namespace)  # type: ignore[attr-defined]


@pytest.fixture
async def log(settings: Settings) -> AsyncIterator[KafkaLog]:
    """The topic."""
    async with kafka_log(settings, PARTITIONS) as made:
        yield made


@contextmanager
def gateway(
    settings: Settings, back: int = 20_000, limits: StreamSettings = ROOMY, codec: Codec = CODEC
) -> Iterator[Served]:
    """A gateway on that topic, ready."""
    source = KafkaSource(settings, back=back, margin=0)
    with served(limits, StreamProtocol, source, codec) as running:
        yield running


def read_all(streams: list[EventStream], count: int) -> None:
    """Reads several streams until each has `count` notifications."""
    deadline = time.monotonic() + 30
    while waiting := [stream for stream in streams if len(stream.titles()) < count]:
        assert time.monotonic() < deadline, f"{len(waiting)} streams wait in vain"
        assert not any(stream.closed for stream in waiting)
        for stream in select.select(waiting, [], [], 0.5)[0]:
            stream.read()


async def test_a_record_reaches_its_user(settings: Settings, log: KafkaLog) -> None:
    """From Kafka to the socket, and to nobody else's."""
    with (
        gateway(settings) as running,
        EventStream(running.port) as ann,
        EventStream(running.port, "/stream?user=bob") as bob,
    ):
        ann.until_ready()
        bob.until_ready()
        await log.publish("ann", notification("1", title="for ann"))
        await log.publish("bob", notification("2", "bob", title="for bob"))
        ann.until_titles("for ann")
        bob.until_titles("for bob")


async def test_a_restart_loses_and_doubles_nothing(settings: Settings, log: KafkaLog) -> None:
    """The next gateway goes on where the last one ended, whatever was written in between."""
    with gateway(settings) as first, EventStream(first.port) as stream:
        stream.until_ready()
        await log.publish("ann", *[notification(f"a{n}", title=f"a{n}") for n in range(5)])
        stream.until_titles(*[f"a{n}" for n in range(5)])
    await log.publish("ann", *[notification(f"b{n}", title=f"b{n}") for n in range(5)])
    with gateway(settings, back=2) as second, EventStream(second.port, last_event_id=stream.cursor) as again:
        again.until_ready()
        await log.publish("ann", notification("c", title="c"))
        again.until_titles(*[f"b{n}" for n in range(5)], "c")


async def test_a_storm_of_resumes_shares_few_reads(settings: Settings, log: KafkaLog) -> None:
    """Two hundred clients whose past is out of memory, at once: the log is read for partitions, not for clients."""
    users = [f"user-{n}" for n in range(40)]
    for round in range(25):
        for user in users:
            await log.publish(user, notification(f"{user} {round}", user, title=str(round)))
    with gateway(settings, back=1) as running, ExitStack() as stack:
        hub = running.gateway.streams._hub
        cursors = {user: Cursor(hub.epoch, hub.partition_of(user), 0) for user in users}
        streams = [
            stack.enter_context(EventStream(running.port, f"/stream?user={user}", last_event_id=str(cursors[user])))
            for user in users * 5
        ]
        read_all(streams, 25)
        assert all(stream.titles() == [str(round) for round in range(25)] for stream in streams)
        assert running.counters.rewinds <= PARTITIONS


async def test_a_replayed_notification_is_shown_once(settings: Settings, log: KafkaLog) -> None:
    """At a new offset, before and after a reconnect, live and from the log."""
    await log.publish("ann", notification("1", title="1"))
    with gateway(settings) as running, EventStream(running.port) as stream:
        stream.until_ready()
        await log.publish("ann", *[notification(id, title=id) for id in ("1", "2", "2", "3")])
        stream.until_titles("2", "3")
        middle = parse(stream.cursor)
        assert isinstance(middle, Cursor)
        assert running.counters.duplicates == 2
    await log.publish("ann", *[notification(id, title=id) for id in ("3", "4")])
    with gateway(settings) as running, EventStream(running.port, last_event_id=str(middle)) as stream:
        stream.until_titles("4")


async def test_a_recreated_topic_is_told(settings: Settings, log: KafkaLog) -> None:
    """Open streams are reset and go on with what the new topic holds; an old cursor is reset too."""
    with gateway(settings) as running, EventStream(running.port) as stream:
        stream.until_ready()
        await log.publish("ann", notification("old", title="old"))
        old = stream.until_titles("old").cursor
        await log.recreate()
        await log.publish("ann", notification("new", title="new"))
        stream.until_titles("old", "new")
        assert [data["reason"] for data in stream.data("reset")] == ["recreated"]
        with EventStream(running.port, last_event_id=old) as late:
            late.until_ready()
            assert [data["reason"] for data in late.data("reset")] == ["recreated"]


async def test_more_partitions_are_told_to_those_who_move(settings: Settings, log: KafkaLog) -> None:
    """The others notice nothing; nobody loses what is written from then on."""
    users = [f"user-{n}" for n in range(12)]
    with gateway(settings) as running, ExitStack() as stack:
        streams = {user: stack.enter_context(EventStream(running.port, f"/stream?user={user}")) for user in users}
        for stream in streams.values():
            stream.until_ready()
        hub = running.gateway.streams._hub
        before = {user: hub.partition_of(user) for user in users}
        await log.add_partitions(5)
        for user in users:
            await log.publish(user, notification(user, user, title=user))
        for user, stream in streams.items():
            stream.until_titles(user)
            moved = hub.partition_of(user) != before[user]
            assert [data["reason"] for data in stream.data("reset")] == (["partition"] if moved else [])


async def test_what_retention_has_removed_is_told(settings: Settings, log: KafkaLog) -> None:
    """And what is left is not passed off as all."""
    await log.publish("ann", *[notification(str(n), title=str(n)) for n in range(20)])
    with gateway(settings, back=5) as running:
        hub = running.gateway.streams._hub
        partition = hub.partition_of("ann")
        await log.trim(partition, 10)
        with EventStream(running.port, last_event_id=str(Cursor(hub.epoch, partition, 3))) as gone:
            gone.until_ready()
            assert [data["reason"] for data in gone.data("reset")] == ["expired"]
            assert gone.titles() == []
        with EventStream(running.port, last_event_id=str(Cursor(hub.epoch, partition, 10))) as there:
            there.until_titles(*[str(n) for n in range(10, 20)])


async def test_a_resume_reaches_only_so_far_back(settings: Settings, log: KafkaLog) -> None:
    """By records, and by age."""
    await log.publish("ann", *[notification(str(n), title=str(n)) for n in range(50)])
    with gateway(settings, back=5, limits=StreamSettings(rewind_events=20)) as running:
        hub = running.gateway.streams._hub
        with EventStream(running.port, last_event_id=str(Cursor(hub.epoch, hub.partition_of("ann"), 0))) as far:
            far.until_ready()
            assert [data["reason"] for data in far.data("reset")] == ["too-far"]
    with gateway(settings, back=5, limits=StreamSettings(rewind_age=0.001)) as running:
        hub = running.gateway.streams._hub
        with EventStream(running.port, last_event_id=str(Cursor(hub.epoch, hub.partition_of("ann"), 40))) as old:
            old.until_ready()
            assert [data["reason"] for data in old.data("reset")] == ["too-far"]


async def test_a_cursor_of_the_future_is_told_and_one_just_ahead_is_not(settings: Settings, log: KafkaLog) -> None:
    """The log's own end decides, not what this gateway happens to have read."""
    await log.publish("ann", notification("1", title="1"))
    with gateway(settings) as running:
        hub = running.gateway.streams._hub
        with EventStream(running.port, last_event_id=str(Cursor(hub.epoch, hub.partition_of("ann"), 1_000))) as forged:
            forged.until_ready()
            assert [data["reason"] for data in forged.data("reset")] == ["future"]
        with EventStream(running.port, last_event_id=str(Cursor(hub.epoch, hub.partition_of("ann"), 1))) as fine:
            fine.until_ready()
            assert fine.types() == ["ready"]


async def test_bad_records_harm_no_good_ones(settings: Settings, log: KafkaLog) -> None:
    """What cannot be decoded, is another user's than its key says, or has no value, is passed over and counted."""
    good = notification("good", title="good")
    cut, long = good[:-3], good + b"x"  # with the good one's own id, which must not pass for their replay
    bad = [b"", b"\x00", b"garbage", b"\x00\x00\x00\x27\x0f" + good[5:], cut, long, None]
    foreign = notification("foreign", "bob", title="foreign")
    with gateway(settings) as running, EventStream(running.port) as stream:
        stream.until_ready()
        await log.publish("ann", *bad, foreign, good, notification("last", title="last"))
        stream.until_titles("good", "last")
        assert running.counters.undecodable == 6
        assert "foreign" not in str(stream.events)


class SlowRegistry(FixedSchemas):
    """A registry that does not answer until it is told to."""

    def __init__(self) -> None:
        super().__init__(CATALOGUE)
        self.up = threading.Event()
        self.asked = threading.Event()

    def by_id(self, schema_id: int) -> Schema:
        self.asked.set()
        if not self.up.is_set():
            raise RegistryUnavailable("the registry is down")
        return super().by_id(schema_id)


async def test_an_unknown_schema_waits_for_the_registry(settings: Settings, log: KafkaLog) -> None:
    """A registry that is down delays; it makes nothing undecodable."""
    registry = SlowRegistry()
    with gateway(settings, codec=Codec(CATALOGUE, registry)) as running, EventStream(running.port) as stream:
        stream.until_ready()
        await log.publish("ann", notification("1", title="1"))
        assert await asyncio.to_thread(registry.asked.wait, 20)
        registry.up.set()
        stream.until_titles("1")
        assert running.counters.undecodable == 0


async def test_streams_wait_for_a_topic_that_is_not_there_yet(settings: Settings) -> None:
    """A gateway that is up before its topic becomes ready when the topic is made."""
    source = KafkaSource(settings)
    streams = Streams(source, CODEC, ROOMY, time.time)
    starting = asyncio.create_task(streams.start())
    await asyncio.sleep(0.5)
    assert not streams.ready
    async with kafka_log(settings, PARTITIONS) as log:
        await asyncio.wait_for(starting, 20)
        assert streams.ready
        await log.publish("ann", notification("1"))
        async with asyncio.timeout(20):
            while not (await streams.snapshot("ann")).notifications:
                await asyncio.sleep(0.05)
        await streams.stop()
