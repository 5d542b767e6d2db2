"""What the streams promise to the API, over memory and over Kafka: snapshots and long polls."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from tidings_gateway.core.cursor import Cursor, parse
from tidings_gateway.stream_settings import StreamSettings
from tidings_gateway.streams import Streams

from tests.streaming.build import CODEC, notification, read_state
from tests.streaming.logs import Log

Start = Callable[..., Awaitable[Streams]]


@asynccontextmanager
async def running(log: Log, back: int, clock: Callable[[], float]) -> AsyncIterator[Streams]:
    """Streams over the log, primed from `back` records before its end on."""
    source = log.source(back=back, margin=0)
    streams = Streams(source, CODEC, StreamSettings(), clock, lambda user, topic: topic == "followed")
    await streams.start()
    try:
        yield streams
    finally:
        await streams.stop()


@pytest.fixture
async def start(log: Log) -> AsyncIterator[Start]:
    """Starts streams that are primed from `back` records before the log's end on."""
    async with AsyncExitStack() as stack:

        async def start(back: int = 20_000, clock: Callable[[], float] = time.time) -> Streams:
            return await stack.enter_async_context(running(log, back, clock))

        yield start


async def until_read(streams: Streams, records: int) -> None:
    """Waits until the streams have read so many records."""
    async with asyncio.timeout(20):
        while streams.counters.records < records:
            await asyncio.sleep(0.01)


async def test_a_snapshot_is_the_inbox_newest_first(log: Log, start: Start) -> None:
    """With each notification's state, and how many are unread."""
    await log.publish("ann", *[notification(str(n)) for n in range(4)])
    await log.publish("ann", read_state("r1", ["1"], "seen"), read_state("r2", ["2"], "read"))
    await log.publish("bob", notification("bob's", "bob"))
    snapshot = await (await start()).snapshot("ann")
    found = [(entry["id"], entry["state"]) for entry in snapshot.notifications]
    assert found == [("3", "unread"), ("2", "read"), ("1", "seen"), ("0", "unread")]
    assert snapshot.unread == 3
    assert snapshot.notifications[0]["title"] == "a title"


async def test_a_snapshot_is_limited_but_its_count_is_not(log: Log, start: Start) -> None:
    """`limit` bounds what is listed."""
    await log.publish("ann", *[notification(str(n)) for n in range(10)])
    snapshot = await (await start()).snapshot("ann", limit=3)
    assert [entry["id"] for entry in snapshot.notifications] == ["9", "8", "7"]
    assert snapshot.unread == 10


async def test_a_snapshot_holds_shared_notifications_of_followed_topics(log: Log, start: Start) -> None:
    """In order with one's own."""
    await log.publish("ann", notification("1"))
    await log.publish("", notification("2", "", "followed"))
    await log.publish("", notification("3", "", "not followed"))
    await log.publish("ann", notification("4"))
    snapshot = await (await start()).snapshot("ann")
    assert [entry["id"] for entry in snapshot.notifications] == ["4", "2", "1"]


async def test_an_empty_inbox_is_no_error(start: Start) -> None:
    """A user of whom nothing is known yet."""
    snapshot = await (await start()).snapshot("nobody")
    assert (snapshot.unread, snapshot.notifications) == (0, [])


async def test_a_snapshot_reaches_beyond_memory_once(log: Log, start: Start) -> None:
    """The log is read for the first one; from then on it is kept up from where it was left."""
    await log.publish("ann", *[notification(str(n)) for n in range(100)])
    streams = await start(back=5)
    first = await streams.snapshot("ann", limit=100)
    assert [entry["id"] for entry in first.notifications] == [str(n) for n in reversed(range(100))]
    assert streams.counters.rewinds == 1
    await log.publish("ann", notification("new"), read_state("r", []))
    await until_read(streams, 7)
    second = await streams.snapshot("ann", limit=100)
    assert (second.unread, len(second.notifications), second.notifications[0]["id"]) == (0, 100, "new")
    assert streams.counters.rewinds == 1


async def test_snapshots_of_many_share_a_read(log: Log, start: Start) -> None:
    """Whoever comes together is served together."""
    users = [f"user-{n}" for n in range(40)]
    for user in users:
        await log.publish(user, *[notification(f"{user} {n}", user) for n in range(3)])
    streams = await start(back=1)
    snapshots = await asyncio.gather(*(streams.snapshot(user) for user in users))
    assert [snapshot.unread for snapshot in snapshots] == [3] * len(users)
    assert streams.counters.rewinds <= 4


async def test_a_snapshot_leads_on_to_what_follows(log: Log, start: Start) -> None:
    """Its cursor is where a stream or a long poll goes on."""
    await log.publish("ann", notification("1"))
    streams = await start()
    snapshot = await streams.snapshot("ann")
    await log.publish("ann", notification("2"))
    waited = await streams.wait("ann", snapshot.cursor, 20)
    assert [entry["id"] for entry in waited.notifications] == ["2"]


async def test_what_has_expired_is_in_no_snapshot(log: Log, start: Start) -> None:
    """Neither at first nor when it expires later."""
    now = time.time()
    await log.publish("ann", notification("old", expires_at=now - 1), notification("soon", expires_at=now + 60))
    streams = await start(clock=lambda: now)
    assert [entry["id"] for entry in (await streams.snapshot("ann")).notifications] == ["soon"]
    now += 61
    assert (await streams.snapshot("ann")).notifications == []


async def test_a_poll_with_news_answers_at_once(log: Log, start: Start) -> None:
    """With all that came after the cursor, read states apart."""
    streams = await start()
    begin = (await streams.snapshot("ann")).cursor
    await log.publish("ann", notification("1"), notification("2"), read_state("r", ["1"]))
    await until_read(streams, 3)
    waited = await streams.wait("ann", begin, 20)
    assert [entry["id"] for entry in waited.notifications] == ["1", "2"]
    assert [(entry["id"], entry["notifications"]) for entry in waited.read_states] == [("r", ["1"])]
    assert (waited.reset, parse(waited.cursor)) == (None, parse((await streams.snapshot("ann")).cursor))


async def test_what_has_expired_is_in_no_poll(log: Log, start: Start) -> None:
    """Neither from memory nor from beyond it: whoever comes back late is spared what is over."""
    now = time.time()
    for n in range(20):
        await log.publish("ann", notification(f"{n}", expires_at=now + 60 if n % 2 else now + 1_000))
    streams = await start(back=5, clock=lambda: now)
    early = str(Cursor(streams._hub.epoch, streams._hub.partition_of("ann"), 0))
    late = str(Cursor(streams._hub.epoch, streams._hub.partition_of("ann"), 16))
    assert len((await streams.wait("ann", early, 20)).notifications) == 20
    now += 61
    for cursor, first in ((early, 0), (late, 16)):
        found = [entry["id"] for entry in (await streams.wait("ann", cursor, 20)).notifications]
        assert found == [str(n) for n in range(first, 20, 2)]


async def test_a_poll_waits_for_news(log: Log, start: Start) -> None:
    """It answers as soon as something comes."""
    streams = await start()
    begin = (await streams.snapshot("ann")).cursor
    poll = asyncio.create_task(streams.wait("ann", begin, 20))
    await asyncio.sleep(0)
    await log.publish("ann", notification("1"))
    assert [entry["id"] for entry in (await poll).notifications] == ["1"]


async def test_a_poll_without_news_ends_in_time(start: Start) -> None:
    """With a cursor to go on from, and no session left behind."""
    streams = await start()
    begin = (await streams.snapshot("ann")).cursor
    waited = await streams.wait("ann", begin, 0.05)
    assert (waited.notifications, waited.read_states, waited.reset, waited.cursor) == ([], [], None, begin)
    assert list(streams._hub.sessions()) == []


async def test_a_poll_with_a_cursor_that_means_nothing_is_told(log: Log, start: Start) -> None:
    """As a stream is: the reason, and where to go on."""
    await log.publish("ann", notification("1"))
    streams = await start()
    waited = await streams.wait("ann", "forged", 20)
    assert (waited.reset, waited.notifications) == ("malformed", [])
    assert waited.cursor == (await streams.snapshot("ann")).cursor


async def test_a_poll_reaches_beyond_memory(log: Log, start: Start) -> None:
    """As a stream does."""
    await log.publish("ann", *[notification(str(n)) for n in range(50)])
    streams = await start(back=5)
    early = Cursor(streams._hub.epoch, streams._hub.partition_of("ann"), 10)
    waited = await streams.wait("ann", str(early), 20)
    assert [entry["id"] for entry in waited.notifications] == [str(n) for n in range(10, 50)]


async def test_stopping_ends_those_who_wait(start: Start) -> None:
    """A poll does not hold up the end of the process."""
    streams = await start()
    begin = (await streams.snapshot("ann")).cursor
    poll = asyncio.create_task(streams.wait("ann", begin, 60))
    await asyncio.sleep(0.05)
    await streams.stop()
    assert (await asyncio.wait_for(poll, 5)).notifications == []
