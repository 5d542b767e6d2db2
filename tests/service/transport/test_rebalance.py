"""Workers that come, go and crash, all in one process."""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from faust.types import TP
from tidings_processors.transport import Settings

from tests.service.transport.conftest import Place
from tests.service.transport.harness import Worker, app_of, running, until

pytestmark = pytest.mark.kafka
Make = Callable[[int], Place]


def offsets_of(workers: list[Worker], tp: TP) -> Counter[int]:
    return Counter(offset for worker in workers for offset in worker.offsets(tp))


def split_between(first: Worker, second: Worker, here: Place) -> bool:
    mine, yours = first.consumer.assignment(), second.consumer.assignment()
    return bool(mine) and bool(yours) and not mine & yours and len(mine | yours) == here.partitions


class Traffic:
    """Records that keep coming to all partitions until stopped."""

    def __init__(self, here: Place) -> None:
        self._here = here
        self._going = True
        self.count = 0
        """Records in each partition."""

    async def run(self) -> None:
        while self._going:
            await asyncio.to_thread(self._here.fill, 20)
            self.count += 20

    def stop(self) -> None:
        self._going = False


@pytest.mark.parametrize("assignor", ["cooperative-sticky", "range"])
async def test_a_worker_comes_and_goes_under_load(place: Make, assignor: str) -> None:
    """While records flow, a second worker takes its share and leaves again: none lost, none twice, order kept."""
    here = place(4)
    settings = Settings(assignor=assignor, max_run=50)
    traffic = Traffic(here)
    flowing = asyncio.create_task(traffic.run())
    first, second = here.worker(settings), here.worker(settings)
    async with running(first):
        await until(lambda: first.count() > 100, "the first worker at work")
        async with running(second):
            await until(lambda: split_between(first, second, here), "both have their share")
            before = second.count()
            await until(lambda: second.count() > before + 100, "the second worker at work")
        await until(lambda: len(first.consumer.assignment()) == 4, "the first has all again")
        traffic.stop()
        await flowing
        await until(lambda: first.count() + second.count() >= 4 * traffic.count, "all records handed out")
        for tp in map(here.tp, range(4)):
            seen = offsets_of([first, second], tp)
            assert sorted(seen) == list(range(traffic.count))
            assert max(seen.values()) == 1
            assert second.offsets(tp) == sorted(second.offsets(tp))
            assert first.offsets(tp) == sorted(first.offsets(tp))
        await until(lambda: here.committed() == [traffic.count] * 4, "all is committed")


async def test_partitions_that_stay_go_on_meanwhile(place: Make) -> None:
    """A run at work on a partition that stays outlives the rebalance: it is current, and its end is committed."""
    here = place(2)
    first, second = here.worker(), here.worker()
    first.finishes = False
    async with running(first):
        await until(lambda: len(first.consumer.assignment()) == 2, "the first has all")
        here.fill(10)
        await until(lambda: first.count() == 20, "runs at work on both partitions")
        async with running(second):
            await until(lambda: split_between(first, second, here), "both have their share")
            (stayed,) = first.consumer.assignment()
            kept = [run for run in first.runs if run.tp == stayed]
            assert all(run.current for run in kept)
            for run in kept:
                run.done()
            await until(lambda: here.committed()[stayed.partition] == 10, "the commit")
            assert offsets_of([first, second], stayed) == Counter(range(10))


async def test_a_revocation_waits_for_the_run_at_work(place: Make) -> None:
    """What is at work when a partition must go is done, committed, and not delivered to the next owner."""
    here = place(2)
    settings = Settings(revoke_timeout=9.0, session_timeout=10.0)
    first, second = here.worker(settings), here.worker(settings)
    first.finishes = False
    async with running(first):
        await until(lambda: len(first.consumer.assignment()) == 2, "the first has all")
        here.fill(10)
        await until(lambda: first.count() == 20, "runs at work on both partitions")
        async with running(second):
            await until(lambda: any(one.leaving for one in first.consumer.partitions.values()), "the revocation")
            assert second.consumer.assignment() == set()
            for run in first.runs:
                run.done()
            await until(lambda: split_between(first, second, here), "both have their share")
            await until(lambda: here.committed() == [10, 10], "the commit")
            here.fill(1)
            await until(lambda: second.count() == 1, "the second goes on behind the first")


async def test_a_revocation_does_not_wait_for_ever(place: Make) -> None:
    """A run that does not end is left after `revoke_timeout`, is not current any more, and is delivered again."""
    here = place(2)
    first, second = here.worker(Settings(revoke_timeout=0.5)), here.worker()
    first.finishes = False
    async with running(first):
        await until(lambda: len(first.consumer.assignment()) == 2, "the first has all")
        here.fill(10)
        await until(lambda: first.count() == 20, "runs at work on both partitions")
        async with running(second):
            await until(lambda: split_between(first, second, here), "both have their share")
            (moved,) = second.consumer.assignment()
            await until(lambda: second.offsets(moved) == list(range(10)), "the second gets the run again")
            assert not any(run.current for run in first.runs if run.tp == moved)


async def test_what_waits_is_not_waited_for(place: Make) -> None:
    """Records read but not handed out don't hold a revocation up; the next owner gets them."""
    here = place(2)
    settings = Settings(max_run=10)
    first, second = here.worker(settings), here.worker(settings)
    first.open.clear()
    async with running(first):
        await until(lambda: len(first.consumer.assignment()) == 2, "the first has all")
        here.fill(100)
        await until(lambda: sum(len(one.backlog) for one in first.consumer.partitions.values()) == 190, "all is read")
        async with running(second):
            first.open.set()
            await until(lambda: split_between(first, second, here), "both have their share")
            await until(lambda: first.count() + second.count() == 200, "all records handed out")
    for tp in map(here.tp, range(2)):
        assert offsets_of([first, second], tp) == Counter(range(100))


async def test_a_full_partition_that_goes_and_comes_back_flows_again(place: Make) -> None:
    """The pause of a partition of which enough waits ends with its assignment."""
    here = place(2)
    settings = Settings(max_run=100, buffer_records=1_000, revoke_timeout=0.2)
    first, second = here.worker(settings), here.worker(settings)
    first.open.clear()
    async with running(first):
        await until(lambda: len(first.consumer.assignment()) == 2, "the first has all")
        here.fill(5_000)
        await until(lambda: len(first.paused) == 2, "both are full")
        second.open.clear()
        async with running(second):
            await until(lambda: split_between(first, second, here), "both have their share")
            (moved,) = second.consumer.assignment()
            await until(lambda: second.paused == {moved}, "it is full there, too")
        first.open.set()
        await until(lambda: len(first.consumer.assignment()) == 2, "the first has all again")
        await until(lambda: here.committed() == [5_000, 5_000], "all is done")
        assert first.offsets(moved)[-1] == 4_999


async def test_more_workers_than_partitions(place: Make) -> None:
    """A worker that gets nothing is ready, and takes over when the other goes."""
    here = place(1)
    first, second = here.worker(), here.worker()
    async with running(first):
        await until(lambda: first.consumer.assignment(), "the first has it")
        async with running(second):
            await until(lambda: second.app.rebalancing_count and not second.app.rebalancing, "the second is ready")
            assert len(first.consumer.assignment()) + len(second.consumer.assignment()) == 1
            owner, other = (first, second) if first.consumer.assignment() else (second, first)
            await owner.app.stop()
            await until(lambda: other.consumer.assignment(), "the other has it")
            here.fill(10)
            await until(lambda: other.count() == 10, "its records")


async def test_an_exception_in_an_agent_ends_the_app_and_keeps_the_run(place: Make) -> None:
    """Faust would ack, commit and drop it; here the app crashes and the next worker gets the run again."""
    here = place(1)
    here.fill(10)
    failing = Worker(app_of(here.broker.servers, here.group, Settings()))
    failing.app.agent(failing.app.topic(here.topic), name="fails")(fails)
    async with running(failing):
        await until(lambda: failing.app.crashed, "the crash")
    assert here.committed() == [None]
    async with running(here.worker()) as second:
        await until(lambda: second.offsets(here.tp(0)) == list(range(10)), "the run again")


async def fails(stream: Any) -> None:
    async for run in stream:
        raise ValueError(f"cannot handle {run}")


async def test_a_fatal_error_of_librdkafka_ends_the_app(place: Make) -> None:
    """A second worker under the same static membership fences the first, which must not go on as if nothing were."""
    here = place(1)
    static = Settings(extra={"group.instance.id": "the-one"})
    first, second = here.worker(static), here.worker(static)
    async with running(first):
        await until(lambda: first.consumer.assignment(), "the first has it")
        async with running(second):
            await until(lambda: first.app.crashed, "the crash")
            assert "fenced" in str(first.consumer.crash_reason).lower()


async def test_the_new_group_protocol_works_too(place: Make) -> None:
    """KIP-848 (`group.protocol=consumer`): the broker assigns, and the promises hold."""
    here = place(2)
    settings = Settings(extra={"group.protocol": "consumer"})
    first, second = here.worker(settings), here.worker(settings)
    async with running(first):
        here.fill(50)
        await until(lambda: first.count() == 100, "all records handed out")
        async with running(second):
            await until(lambda: split_between(first, second, here), "both have their share")
            here.fill(50)
            await until(lambda: first.count() + second.count() == 200, "the new records")
    for tp in map(here.tp, range(2)):
        assert offsets_of([first, second], tp) == Counter(range(100))
