"""Slow clients: bounded, told, and closed in the end; the others never notice."""

import json

import pytest
from tidings_gateway.core.ladder import Marks
from tidings_gateway.core.reasons import Bye, Reset
from tidings_gateway.core.session import State

from tests.streaming.world import Client, World

MARKS = Marks(conflate=50, summarise=100, reset=400)  # a record has 10 bytes


def stalled(world: World, records: int, **more: object) -> Client:
    """A client that was live, is full, and has that many records waiting in the log."""
    client = world.connect(room=1)
    client.take()
    world.append(id="first")
    world.pump()
    for number in range(records):
        world.append(id=str(number), **more)
    world.pump()
    return client


@pytest.fixture
def world() -> World:
    """A gateway with low marks."""
    world = World(marks=MARKS)
    world.start()
    return world


def test_nothing_is_queued_for_a_full_client(world: World) -> None:
    """Whatever is published meanwhile stays in the tail, once for all."""
    client = stalled(world, 0)
    waiting = client.waiting
    for _ in range(100):
        world.append()
    world.pump()
    assert client.waiting == waiting


def test_a_short_backlog_is_given_whole(world: World) -> None:
    """Below the first mark a slow client misses nothing."""
    client = stalled(world, 5)
    client.take()
    assert client.ids() == ["first", *"01234"]


def test_one_key_is_conflated(world: World) -> None:
    """Of several with one collapse key the newest comes."""
    client = stalled(world, 20, collapse_key="k")
    client.take()
    assert client.ids() == ["first", "19"]
    assert world.counters.slow["conflate"] == 1


def test_a_summary_counts_what_it_leaves_out_once(world: World) -> None:
    """ "15 more", then the newest, in one piece: nothing is counted again when the client takes on."""
    client = stalled(world, 20)
    client.take()
    summaries = [json.loads(event.data) for event in client.events if event.type == "summary"]
    assert summaries == [{"count": 15, "snapshot": "/v1/notifications"}]
    assert client.ids() == ["first", "15", "16", "17", "18", "19"]


def test_a_hopeless_backlog_is_reset(world: World) -> None:
    """The client fetches a snapshot and goes on from the end."""
    client = stalled(world, 41)
    client.take()
    assert (client.ids(), client.resets()) == (["first"], [Reset.SLOW])
    assert client.cursor == str(world.cursor(42))


def test_a_backlog_that_memory_has_lost_is_reset() -> None:
    """Slow for so long that the tail has moved on: told, not skipped."""
    world = World(tail_records=3)
    world.start()
    client = stalled(world, 10)
    client.take()
    assert (client.ids(), client.resets()) == (["first"], [Reset.SLOW])


def test_a_client_that_takes_nothing_has_stalled(world: World) -> None:
    """Measured from when it was full; taking something begins anew."""
    client = stalled(world, 0)
    world.now += 10
    assert not client.session.stalled(world.now, limit=10)
    assert client.session.stalled(world.now + 0.1, limit=10)
    client.take()
    assert not client.session.stalled(world.now + 0.1, limit=10)


def test_bye_is_the_last_word(world: World) -> None:
    """Nothing is written after it, and the session is forgotten."""
    client = world.connect()
    world.dispatcher.end(client.session, Bye.SLOW)
    world.append()
    world.pump()
    client.take()
    assert [event.type for event in client.events] == ["ready", "bye"]
    assert (client.session.state, client.parser.retry, client.closed) == (State.CLOSED, 1234, True)
    assert list(world.hub.sessions()) == []


def test_what_was_replayed_before_a_jump_is_known_after_it() -> None:
    """Retention overtook the reading; the ids that were seen stay seen."""
    world = World()
    world.append(id="seen")
    world.start()
    world.pump()
    client = world.connect()
    for _ in range(5):
        world.append()
    world.log[0].low = 6
    world.append(id="seen")
    world.append(id="new")
    world.pump()
    client.take()
    assert (client.resets(), client.ids()) == ([Reset.EXPIRED], ["new"])


def test_a_jump_spares_those_who_miss_nothing_by_it() -> None:
    """A client that another gateway served further on is not reset by what we did not read."""
    world = World()
    for at in range(9):
        world.append(id=str(at))
    world.start()
    world.log[0].published = 0
    world.pump(count=2)
    behind, further = world.connect(), world.connect(cursor=world.cursor(7))
    world.settle()
    world.log[0].low = 5
    world.pump()
    behind.take()
    further.take()
    assert (behind.resets(), behind.ids()) == ([Reset.EXPIRED], ["5", "6", "7", "8"])
    assert (further.resets(), further.ids()) == ([], ["7", "8"])
