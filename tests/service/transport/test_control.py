"""Pause, resume, seek, position and ends; and what is refused."""

import logging
from collections.abc import Callable

import pytest
from confluent_kafka import KafkaException
from faust.exceptions import ImproperlyConfigured
from faust.types import TP
from tidings_processors.transport import Settings

from tests.service.transport.conftest import Place
from tests.service.transport.harness import app_of, running, until

pytestmark = pytest.mark.kafka
Make = Callable[[int], Place]


async def test_a_paused_partition_rests_until_it_is_resumed(place: Make) -> None:
    """While one partition is paused the other goes on; resumed, it misses nothing."""
    here = place(2)
    async with running(here.worker()) as worker:
        await until(lambda: worker.consumer.assignment() == {here.tp(0), here.tp(1)}, "the assignment")
        await until(lambda: not worker.app.rebalancing, "the worker is ready")
        worker.consumer.pause_partitions({here.tp(0)})
        here.fill(100)
        await until(lambda: len(worker.consumer.partitions[here.tp(0)].backlog) == 100, "the paused one is read")
        await until(lambda: len(worker.offsets(here.tp(1))) == 100, "the other one's records")
        assert worker.offsets(here.tp(0)) == []
        worker.consumer.resume_partitions({here.tp(0)})
        await until(lambda: len(worker.offsets(here.tp(0))) == 100, "the paused one's records")


async def test_a_stopped_flow_rests_until_it_is_resumed(place: Make) -> None:
    """Faust's flow control holds all partitions, and nothing is lost or doubled by it."""
    here = place(1)
    async with running(here.worker()) as worker:
        await until(lambda: worker.consumer.assignment() and not worker.app.rebalancing, "the worker is ready")
        worker.consumer.stop_flow()
        here.fill(50)
        await until(lambda: len(worker.consumer.partitions[here.tp(0)].backlog) == 50, "the records are read")
        assert worker.count() == 0
        worker.consumer.resume_flow()
        await until(lambda: worker.count() == 50, "the records handed out")
    assert worker.offsets(here.tp(0)) == list(range(50))


@pytest.mark.parametrize("target", [0, 40, 50])
async def test_seek_reads_from_there(place: Make, target: int) -> None:
    """After a seek, back or to the end, the next record is the one sought, and its commits count from there."""
    here = place(1)
    here.fill(50)
    async with running(here.worker()) as worker:
        await until(lambda: worker.count() == 50, "all records handed out")
        await worker.consumer.seek(here.tp(0), target)
        here.fill(50)
        await until(lambda: worker.offsets(here.tp(0))[-1] == 99, "the last record")
        await until(lambda: here.committed() == [100], "the commit")
    again = worker.offsets(here.tp(0))[50:]
    assert again == list(range(target, 100))


async def test_seek_skips_what_lies_between(place: Make) -> None:
    """After a seek forth, records that wait are left out, and the commits count past them."""
    here = place(1)
    # All of them before the seek: an offset past the log's end would be out of range, and reset to the earliest.
    here.fill(100)
    worker = here.worker(Settings(max_run=50))
    worker.open.clear()
    async with running(worker):
        await until(lambda: worker.count() == 50, "the first run")
        await worker.consumer.seek(here.tp(0), 80)
        worker.open.set()
        await until(lambda: worker.offsets(here.tp(0))[-1] == 99, "the last record")
        await until(lambda: here.committed() == [100], "the commit")
    assert worker.offsets(here.tp(0)) == [*range(50), *range(80, 100)]


async def test_seek_voids_what_is_at_work(place: Make) -> None:
    """A run from before a seek is not current any more, and its end commits nothing."""
    here = place(1)
    here.fill(10)
    worker = here.worker(Settings(max_run=10))
    worker.finishes = False
    async with running(worker):
        await until(lambda: worker.count() == 10, "the run")
        await worker.consumer.seek(here.tp(0), 5)
        await until(lambda: worker.count() == 15, "the rest again")
        before, after = worker.runs
        before.done()
        await worker.consumer.commit()
        assert (before.current, after.current, here.committed()) == (False, True, [None])
        after.done()
        await worker.consumer.commit()
        assert here.committed() == [10]


async def test_seek_of_a_partition_that_is_full(place: Make) -> None:
    """A partition that rests because enough of it waits goes on from where it is sought, and misses nothing."""
    here = place(1)
    here.fill(5_000)
    worker = here.worker(Settings(max_run=100, buffer_records=1_000))
    worker.open.clear()
    async with running(worker):
        await until(lambda: worker.runs and worker.paused == {here.tp(0)}, "the pause")
        await worker.consumer.seek(here.tp(0), 50)
        worker.open.set()
        await until(lambda: worker.offsets(here.tp(0))[-1] == 4_999, "the last record")
    assert worker.offsets(here.tp(0)) == [*range(100), *range(50, 5_000)]


async def test_seek_of_a_foreign_partition_is_an_error(place: Make) -> None:
    """It says so instead of doing nothing."""
    here = place(1)
    async with running(here.worker()) as worker:
        await until(lambda: worker.consumer.assignment(), "the assignment")
        with pytest.raises(KafkaException):
            await worker.consumer.seek(TP(here.topic, 7), 0)


async def test_positions_ends_and_lag(place: Make) -> None:
    """Position is the next record handed out; ends come from the broker; lag is what is not done."""
    here = place(1)
    here.fill(30)
    worker = here.worker(Settings(max_run=10, watermark_interval=0.1))
    worker.finishes = False
    worker.open.clear()
    async with running(worker):
        consumer, tp = worker.consumer, here.tp(0)
        await until(lambda: worker.count() == 10, "the first run")
        await until(lambda: consumer.highwater(tp) == 30, "the end is known")
        assert await consumer.position(tp) == 10
        assert (await consumer.highwaters(tp), await consumer.earliest_offsets(tp)) == ({tp: 30}, {tp: 0})
        assert (consumer.lag(), worker.app.monitor.tp_end_offsets[tp]) == ({tp: 30}, 30)
        worker.runs[0].done()
        assert consumer.lag() == {tp: 20}


async def test_lag_is_known_of_partitions_that_rest(place: Make) -> None:
    """All done before a restart: the lag is 0 though nothing comes; never anything in it: 0 too."""
    here = place(2)
    here.broker.publish(here.topic, 0, 10)
    async with running(here.worker()) as first:
        await until(lambda: first.count() == 10, "the records")
    async with running(here.worker(Settings(watermark_interval=0.1))) as second:
        await until(lambda: len(second.consumer.lag()) == 2, "the lag of both")
        assert second.consumer.lag() == {here.tp(0): 0, here.tp(1): 0}
        assert await second.consumer.position(here.tp(0)) == 10


async def test_without_a_first_commit_the_position_is_unknown(place: Make) -> None:
    """Nothing read and nothing committed: there is no position to tell."""
    here = place(1)
    async with running(here.worker()) as worker:
        await until(lambda: worker.consumer.assignment(), "the assignment")
        assert await worker.consumer.position(here.tp(0)) is None


async def test_a_missing_topic_is_said_and_found_later(
    place: Make, namespace: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A worker may start before its topic; the log names it, and its records come when it is there."""
    here = place(1)
    late = Place(here.broker, f"{namespace}late", here.group, 1)
    settings = Settings(extra={"topic.metadata.refresh.interval.ms": 500})
    with caplog.at_level(logging.WARNING):
        async with running(late.worker(settings)) as worker:
            await until(lambda: late.topic in caplog.text, "the warning")
            here.broker.create(late.topic, 1)
            late.fill(10)
            await until(lambda: worker.count() == 10, "the records")


async def test_stopping_is_no_crash_whatever_is_asked_meanwhile(place: Make) -> None:
    """Questions to the reader that come while it ends are dropped, and the worker's exit is clean."""
    here = place(2)
    for _ in range(3):
        async with running(here.worker(Settings(watermark_interval=0.001))) as worker:
            await until(lambda worker=worker: len(worker.consumer.lag()) == 2, "the lag is watched")
        assert not worker.consumer.crashed


async def test_tables_are_refused(place: Make) -> None:
    """An app that this transport cannot serve does not start, and the error says why."""
    here = place(1)
    app = app_of(here.broker.servers, here.group, Settings())
    app.Table("counts", default=int)
    try:
        with pytest.raises(ImproperlyConfigured, match="tables"):
            await app.start()
    finally:
        await app.stop()
