"""Resume: the cases of Centrifugo's recovery table, and those that an epoch, partitions and retention add.

A stream either gets exactly what came after its cursor, or is told by `reset` why not. Never neither, never both.
"""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from tidings_gateway.core.cursor import Cursor, Malformed

from tests.streaming.world import Client, World


@dataclass(frozen=True)
class Case:
    """`written` records, `kept` of them in the tail, `low` where the log begins; resumed from `since`."""

    name: str
    written: int
    since: int
    recovered: list[int] | None = None
    reset: str = ""
    kept: int = 10
    low: int = 0
    reach: int = 1_000_000


CASES = [
    Case("empty stream", 0, 0, []),
    Case("from a position", 10, 8, [8, 9]),
    Case("beyond what a resume may reach back", 10, 5, reset="too-far", kept=2, reach=2),
    Case("beyond that reach, but still in memory", 10, 5, [5, 6, 7, 8, 9], reach=2),
    Case("from a position that is gone", 20, 8, reset="expired", low=10),
    Case("from a position that does not exist yet", 20, 108, reset="future"),
    Case("from the end", 7, 7, []),
    Case("from the beginning", 4, 0, [0, 1, 2, 3]),
    Case("from a position in an expired stream", 10, 8, reset="expired", low=10),
    Case("from the end of an expired stream", 1, 1, [], low=1),
    Case("from beyond memory", 30, 3, list(range(3, 30)), kept=5),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_resume_is_whole_or_is_told(case: Case) -> None:
    """What was written is there, or its absence has a reason."""
    world = World(tail_records=case.kept, reach=case.reach)
    for at in range(case.written):
        world.append(id=str(at))
    world.log[0].low = case.low
    world.start()
    world.pump()
    client = world.connect(cursor=world.cursor(case.since))
    world.settle()
    world.rewind()
    client.take()
    _check(client, case.recovered, case.reset, world.cursor(case.written))


def _other_epoch(world: World) -> Cursor:
    return Cursor(b"other!", 0, 3)


def _other_partition(world: World) -> Cursor:
    return Cursor(world.epoch, 1 - world.partition_of_user("ann"), 0)


@pytest.mark.parametrize(
    ("cursor", "reason"),
    [
        (_other_epoch, "recreated"),
        (lambda world: Malformed(7), "malformed"),
        (_other_partition, "partition"),
    ],
    ids=["another epoch", "malformed", "another partition's cursor"],
)
def test_a_cursor_that_means_nothing_here_is_told(cursor: Callable[[World], Cursor | Malformed], reason: str) -> None:
    """The stream goes on from the end, and the reset says so."""
    world = World(partitions=2)
    for at in range(5):
        world.append(id=str(at))
    world.start()
    world.pump()
    client = world.connect(cursor=cursor(world))
    client.take()
    _check(client, None, reason, world.cursor(5))


def test_more_partitions_reset_those_who_move() -> None:
    """Their records are elsewhere from now on; what is there already is given."""
    world = World(partitions=1)
    world.start()
    users = [f"user-{n}" for n in range(20)]
    clients = [world.connect(user) for user in users]
    world.log.append(type(world.log[0])())
    for user in users:
        world.append(user)
    world._lay_out()
    world.pump()
    for client in clients:
        client.take()
        moved = world.partition_of_user(client.user) == 1
        assert client.resets() == (["partition"] if moved else [])
        assert len(client.ids()) == 1
    assert {len(client.resets()) for client in clients} == {0, 1}


def test_a_recreated_topic_resets_everybody_and_loses_nothing_new() -> None:
    """What was written before the gateway noticed is given after the reset."""
    world = World()
    world.append(id="old")
    world.start()
    world.pump()
    client = world.connect()
    world.recreate()
    world.append(id="new")
    world.pump()
    client.take()
    assert (client.resets(), client.ids()) == (["recreated"], ["new"])
    assert client.cursor == str(world.cursor(1))


def test_retention_that_passes_a_reader_is_told() -> None:
    """The log was cut while it was being read for a resume: not what is left passes for all, but a reset."""
    world = World(tail_records=2)
    for at in range(40):
        world.append(id=str(at))
    world.start()
    world.pump()
    client = world.connect(cursor=world.cursor(5))

    def cut() -> None:
        world.log[0].low = 30

    world.rewind(batch=4, between=cut)
    client.take()
    assert client.resets() == ["expired"]
    assert client.ids() == [str(at) for at in range(5, len(client.ids()) + 5)]  # what came before the gap is whole
    assert client.cursor == str(world.cursor(40))


def test_a_gateway_that_lags_waits_instead_of_resetting() -> None:
    """Another gateway was quicker and gave a cursor that this one has not reached: no gap, so none is told."""
    world = World()
    for at in range(10):
        world.append(id=str(at))
    world.start()
    world.pump(count=4)
    client = world.connect(cursor=world.cursor(7))
    world.settle()
    client.take()
    assert (client.ids(), client.resets()) == ([], [])
    world.pump(count=2)
    world.pump()
    client.take()
    assert (client.ids(), client.resets()) == (["7", "8", "9"], [])


def test_a_replayed_notification_is_shown_once_also_across_memory() -> None:
    """The processors wrote it again after a crash: before the cursor, after it, and where memory begins."""
    world = World(tail_records=5)
    for id in ["a", "b", "a", "c", "d", "c", "e", "f", "g", "h", "g", "i", "a"]:
        world.append(id=id)
    world.start()
    world.pump()
    early, late = world.connect(cursor=world.cursor(1)), world.connect(cursor=world.cursor(12))
    world.rewind(batch=2)
    early.take()
    late.take()
    assert early.ids() == ["b", "c", "d", "e", "f", "g", "h", "i"]
    assert late.ids() == []


def test_what_has_expired_is_never_delivered() -> None:
    """Neither live, nor from memory, nor from the log."""
    world = World(tail_records=3)
    client = None
    for at in range(8):
        world.append(id=str(at), expires_at=world.now + (5 if at % 2 else 500))
    world.start()
    world.now += 10
    world.pump(count=4)
    client = world.connect(cursor=world.cursor(0))
    world.rewind()
    world.pump()
    client.take()
    assert client.ids() == ["0", "2", "4", "6"]


def test_a_first_visit_begins_at_the_end() -> None:
    """Without a cursor there is no past, and no reset either."""
    world = World()
    world.append(id="before")
    world.start()
    world.pump()
    client = world.connect()
    world.append(id="after")
    world.pump()
    client.take()
    assert [event.type for event in client.events] == ["ready", "notification"]
    assert client.ids() == ["after"]


def _check(client: Client, recovered: list[int] | None, reset: str, end: Cursor) -> None:
    kinds = [event.type for event in client.events]
    assert kinds.count("ready") == 1
    assert kinds[-1] == "ready"
    assert f'"resumed":{"false" if reset else "true"}' in client.events[-1].data
    assert client.resets() == ([reset] if reset else [])
    assert client.ids() == [str(at) for at in recovered or []]
    assert client.cursor == str(end)
