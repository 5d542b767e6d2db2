"""What an agent gets, and what is committed of it."""

import asyncio
from collections.abc import Callable

import pytest
from tidings_processors.transport import Settings

from tests.service.transport.conftest import Place
from tests.service.transport.harness import running, until, worker_of

pytestmark = pytest.mark.kafka
Make = Callable[[int], Place]


async def test_every_record_comes_once_and_in_order(place: Make) -> None:
    """Joining, a worker gets each partition's records in order of offsets, none twice, each run from one partition."""
    here = place(3)
    here.fill(500)
    async with running(here.worker(Settings(max_run=64))) as worker:
        await until(lambda: worker.count() >= 1500, "all records handed out")
    for partition in range(3):
        assert worker.offsets(here.tp(partition)) == list(range(500))
    assert all(len({message.partition() for message in run}) == 1 for run in worker.runs)
    assert max(map(len, worker.runs)) <= 64


async def test_a_run_grows_while_the_agent_is_busy(place: Make) -> None:
    """All that came during one run is the next run."""
    here = place(1)
    worker = here.worker()
    worker.open.clear()
    async with running(worker):
        here.fill(1)
        await until(lambda: worker.count() == 1, "the first run")
        here.fill(200)
        await until(lambda: len(worker.consumer.partitions[here.tp(0)].backlog) == 200, "the rest read")
        worker.open.set()
        await until(lambda: worker.count() == 201, "all records handed out")
    assert [len(run) for run in worker.runs] == [1, 200]


async def test_the_next_run_comes_before_the_last_is_done(place: Make) -> None:
    """Runs overlap, and done in the wrong order they are committed in the right one."""
    here = place(1)
    worker = here.worker(Settings(max_run=10))
    worker.finishes = False
    here.fill(30)
    async with running(worker):
        await until(lambda: len(worker.runs) == 3, "three runs at work")
        first, second, third = worker.runs
        second.done()
        third.done()
        await worker.consumer.commit()
        assert here.committed() == [None]
        first.done()
        await worker.consumer.commit()
        assert here.committed() == [30]


async def test_a_run_that_is_never_done_is_delivered_again(place: Make) -> None:
    """Faust's ack and a clean stop commit nothing of it; the next worker starts with its first record."""
    here = place(1)
    here.fill(30)
    first = here.worker(Settings(max_run=10, stop_timeout=0.1))
    first.finishes = False
    async with running(first):
        await until(lambda: len(first.runs) == 3, "three runs at work")
        first.runs[0].done()
        first.runs[2].done()
    assert here.committed() == [10]
    async with running(here.worker()) as second:
        await until(lambda: second.count() == 20, "the rest handed out")
    assert second.offsets(here.tp(0)) == list(range(10, 30))


async def test_a_restart_goes_on_where_it_was(place: Make) -> None:
    """What is done when a worker stops is committed, and not delivered again."""
    here = place(2)
    here.fill(100)
    async with running(here.worker()) as first:
        await until(lambda: first.count() == 200, "all records handed out")
    here.fill(50)
    async with running(here.worker()) as second:
        await until(lambda: second.count() == 100, "the new records handed out")
    assert second.offsets(here.tp(0)) == second.offsets(here.tp(1)) == list(range(100, 150))


async def test_commits_come_by_themselves(place: Make) -> None:
    """Done runs are committed at Faust's interval, without a stop and without being asked."""
    here = place(1)
    here.fill(10)
    async with running(here.worker()) as worker:
        await until(lambda: worker.count() == 10, "all records handed out")
        await until(lambda: here.committed() == [10], "the commit")
        told = worker.app.monitor.tp_committed_offsets
        await until(lambda: told.get(here.tp(0)) == 10, "the sensors know")


async def test_two_agents_get_every_run_and_both_must_be_done(place: Make) -> None:
    """A run is committed when all agents on the topic are done with it."""
    here = place(1)
    here.fill(10)
    worker, other = here.worker(), here.worker()
    worker.finishes = False
    worker.app.agent(worker.app.topic(here.topic), name="other")(other.handle)
    async with running(worker):
        await until(lambda: worker.count() == other.count() == 10, "both agents got the records")
        await worker.consumer.commit()
        assert here.committed() == [None]
        for run in worker.runs:
            run.done()
        await worker.consumer.commit()
        assert here.committed() == [10]


async def test_done_may_come_from_another_thread(place: Make) -> None:
    """A delivery callback need not be on the event loop, also when the worker waits for it."""
    here = place(1)
    here.fill(10)
    worker = here.worker(Settings(stop_timeout=5))
    worker.finishes = False
    async with running(worker):
        await until(lambda: worker.count() == 10, "all records handed out")
        stopping = asyncio.create_task(worker.app.stop())
        await until(lambda: worker.app.should_stop, "the stop")
        await asyncio.to_thread(lambda: [run.done() for run in worker.runs])
        await stopping
    assert here.committed() == [10]


async def test_too_much_undone_holds_the_partition(place: Make) -> None:
    """Above `max_undone` no run is handed out; when runs get done it goes on."""
    here = place(1)
    here.fill(100)
    worker = here.worker(Settings(max_run=10, max_undone=30))
    worker.finishes = False
    async with running(worker):
        await until(lambda: worker.count() == 30, "as much as may be undone")
        await until(lambda: len(worker.consumer.partitions[here.tp(0)].backlog) == 70, "the rest read")
        assert worker.count() == 30
        worker.finishes = True
        for run in worker.runs:
            run.done()
        await until(lambda: worker.count() == 100, "the rest")


async def test_what_waits_is_bounded(place: Make) -> None:
    """A partition that nobody drains is paused at its limit, and read on when it is drained."""
    here = place(1)
    here.fill(20_000, size=100)
    worker = here.worker(Settings(buffer_records=2_000))
    worker.open.clear()
    async with running(worker):
        await until(lambda: worker.runs and worker.paused == {here.tp(0)}, "the pause")
        assert len(worker.consumer.partitions[here.tp(0)].backlog) <= 3_000
        worker.open.set()
        await until(lambda: worker.count() == 20_000, "all records handed out")
    assert worker.offsets(here.tp(0)) == list(range(20_000))


async def test_a_topic_that_nobody_reads_does_not_hold_another(place: Make, namespace: str) -> None:
    """Back-pressure is by partition: one agent held, the other's records flow."""
    here = place(1)
    here.broker.create(f"{namespace}other", 1)
    here.fill(5_000)
    held, free = here.worker(Settings(buffer_records=1_000)), here.worker()
    held.open.clear()
    held.app.agent(held.app.topic(f"{namespace}other"), name="free")(free.handle)
    async with running(held):
        await until(lambda: held.paused == {here.tp(0)}, "the pause")
        here.broker.publish(f"{namespace}other", 0, 100)
        await until(lambda: free.count() == 100, "the other topic's records")


async def test_concurrency_gives_each_actor_a_run(place: Make) -> None:
    """An agent of concurrency 2 has two runs at work at a time."""
    here = place(1)
    here.fill(20)
    worker = worker_of(here.broker.servers, here.group, "unused", Settings(max_run=10))
    worker.app.agents.clear()
    worker.app.agent(worker.app.topic(here.topic), name="pair", concurrency=2)(worker.handle)
    worker.open.clear()
    async with running(worker):
        await until(lambda: len(worker.runs) == 2, "two runs at work")
    assert worker.offsets(here.tp(0)) == list(range(20))
