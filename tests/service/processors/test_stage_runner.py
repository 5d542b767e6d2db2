"""A run is worked on, or given up, but never forgotten."""

import asyncio
import gc
import weakref
from collections.abc import AsyncIterator

import pytest
from confluent_kafka import Message
from faust.types import TP
from tidings_processors import tail
from tidings_processors.core.fan_out import FanOut
from tidings_processors.core.follower_index import FollowerIndex
from tidings_processors.deadman import Deadman
from tidings_processors.metrics import Metrics
from tidings_processors.outbox import Outbox
from tidings_processors.stage_runner import StageRunner
from tidings_processors.transport import Run
from tidings_processors.transport.ledger import Ledger

from tests.service.processors.harness import Place

pytestmark = pytest.mark.kafka


class Bench:
    """A stage runner whose partition's state is there when a test says so."""

    def __init__(self, place: Place) -> None:
        settings = place.settings
        self.outbox = Outbox(settings.kafka(), settings.namespace, Deadman(60), 0, 30)
        self.ledger = Ledger()
        self.answers = [False, False, True]
        self.asked = 0
        self.done = asyncio.Event()
        stage = FanOut(place.codec, lambda _: FollowerIndex())
        self.runner = StageRunner(stage, self._ready, self.outbox, Deadman(60), Metrics(), settings.namespace, 100)
        self._loop = asyncio.get_running_loop()

    async def _ready(self, topic: str, partition: int) -> bool:
        self.asked += 1
        return self.answers.pop(0)

    def run(self, place: Place) -> Run:
        """One record that makes a dead letter."""
        place.put("matches", b"flight:X", b"no avro", partition=0)
        name = place.settings.namespace.name("matches")
        records: list[Message] = list(tail.between(place.settings.kafka(), name, {0: (0, 1)}))
        entry = self.ledger.open(0, 0, 1)
        return Run(TP(name, 0), records, entry, 0, lambda: self._loop.call_soon_threadsafe(self.done.set))


@pytest.fixture
async def bench(place: Place) -> AsyncIterator[Bench]:
    made = Bench(place)
    yield made
    await made.outbox.close(10)


async def test_a_run_waits_while_the_state_of_its_own_partition_is_made_anew(bench: Bench, place: Place) -> None:
    """Were it left undone, nothing behind it could be committed any more."""
    run = bench.run(place)
    await bench.runner.work(run)
    await asyncio.wait_for(bench.done.wait(), 30)
    assert bench.asked == 3
    assert bench.ledger.position == 1


async def test_a_run_of_a_partition_that_is_gone_is_left_to_whoever_has_it(bench: Bench, place: Place) -> None:
    """Nothing is written, nothing is done."""
    run = bench.run(place)
    bench.ledger.close()
    await bench.runner.work(run)
    assert bench.asked == 1
    assert not bench.done.is_set()
    assert len(bench.outbox) == 0


async def test_an_outbox_that_has_handed_all_over_has_nothing_left(bench: Bench, place: Place) -> None:
    """What it says at its end is about records, not about librdkafka's log lines."""
    await bench.runner.work(bench.run(place))
    assert await bench.outbox.close(30) == 0
    assert bench.ledger.position == 1


async def test_what_was_delivered_is_let_go_of_at_once(bench: Bench) -> None:
    """The garbage collector comes late, and then has the records of many runs to look at."""

    def done() -> None:
        bench.done.set()

    let_go = weakref.ref(done)
    parcel = bench.outbox.parcel("a run", done)
    gc.disable()
    try:
        parcel.seal()
        del parcel, done
        assert bench.done.is_set()
        assert let_go() is None
    finally:
        gc.enable()
