"""A run is worked on, or given up, but never forgotten."""

import asyncio
import ctypes
import gc
import weakref
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import confluent_kafka
import pytest
from confluent_kafka import Message
from faust.types import TP
from tidings_processors import tail
from tidings_processors.core.fan_out import FanOut
from tidings_processors.core.follower_index import FollowerIndex
from tidings_processors.deadman import Deadman
from tidings_processors.metrics import Metrics
from tidings_processors.outbox import Outbox
from tidings_processors.stage_runner import MOST_UNDER_WAY, PART, StageRunner, records_of
from tidings_processors.transport import Run
from tidings_processors.transport.ledger import Ledger
from tidings_schemas import Draft

from tests.service.processors.harness import NOW, Place

pytestmark = pytest.mark.kafka

FOLLOWERS = FollowerIndex()
for _number in range(PART // 2):
    FOLLOWERS.add("flight:X", f"user-{_number}", 0)


class Bench:
    """A stage runner whose partition's state is there when a test says so."""

    def __init__(self, place: Place, **config: str) -> None:
        settings = place.settings
        self.now, self.pace = 0.0, 0.0
        self.deadman = Deadman(60, clock=lambda: self.now)
        self.still: list[float] = []
        self.outbox = Outbox(settings.kafka() | config, settings.namespace, self.deadman, 0, 60)
        self.ledger = Ledger()
        self.answers = [False, False, True]
        self.asked = 0
        self.done = asyncio.Event()
        self.stage = FanOut(place.codec, self._followers)
        self.runner = StageRunner(self.stage, self._ready, self.outbox, Metrics(), settings.namespace, 100)
        self._loop = asyncio.get_running_loop()

    async def _ready(self, topic: str, partition: int) -> bool:
        self.asked += 1
        return self.answers.pop(0)

    def _followers(self, _: int) -> FollowerIndex:
        self.now += self.pace
        stillest = self.deadman.stillest()
        assert stillest is not None
        self.still.append(stillest[0])
        return FOLLOWERS

    def run(self, place: Place) -> Run:
        """One record that makes a dead letter."""
        place.put("matches", b"flight:X", b"no avro", partition=0)
        name = place.settings.namespace.name("matches")
        records: list[Message] = list(tail.between(place.settings.kafka(), name, {0: (0, 1)}))
        entry = self.ledger.open(0, 0, 1)
        return Run(TP(name, 0), records, entry, 0, lambda: self._loop.call_soon_threadsafe(self.done.set))

    def popular(self, place: Place, count: int, told: Callable[[], None]) -> Run:
        """Matches of a topic with so many followers that two of them fill a part."""
        draft = Draft("r", "1", "flight:X", "e-1", "/tests", "t", "x", NOW, None, b"")
        value, name = place.codec.encode(Draft.avro_name, draft.to_avro()), place.settings.namespace.name("matches")
        records = [
            Message(topic=name, partition=0, offset=offset, key=b"flight:X", value=value, timestamp=(1, 0))
            for offset in range(count)
        ]
        self.answers = [True]
        return Run(TP(name, 0), records, self.ledger.open(0, count - 1, count), 0, told)


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


async def test_a_run_that_gets_on_is_not_stuck(bench: Bench, place: Place) -> None:
    """However long it takes in all: with each step its time starts anew."""
    bench.pace = 10
    await bench.runner.work(bench.popular(place, 10, lambda: None))
    assert bench.now == 100
    assert max(bench.still) < 60


async def test_a_run_of_many_outputs_is_done_in_parts(bench: Bench, place: Place) -> None:
    """Else all of it would be written again after a crash, and no reader remembers so many ids."""
    positions: list[int | None] = []
    await bench.runner.work(bench.popular(place, 10, lambda: positions.append(bench.ledger.position)))
    assert await bench.outbox.close(30) == 0
    assert positions == [2, 4, 6, 8, 10]


async def test_a_run_waits_while_much_of_its_partition_is_under_way(place: Place) -> None:
    """Nothing arrives at this Kafka. That the partition is gone ends the waiting: the rest is another worker's."""
    bench = Bench(place, **{"bootstrap.servers": "127.0.0.1:1", "log_level": "0"})
    run = bench.popular(place, 10, lambda: None)
    working = asyncio.create_task(bench.runner.work(run))
    while bench.outbox.under_way(run.tp) < MOST_UNDER_WAY:
        await asyncio.sleep(0)
    for _ in range(100):  # turns of the event loop, of which each step takes one
        await asyncio.sleep(0)
    assert bench.outbox.under_way(run.tp) == MOST_UNDER_WAY
    bench.ledger.close()
    await asyncio.wait_for(working, 30)
    assert bench.outbox.under_way(run.tp) == MOST_UNDER_WAY


async def test_headers_that_cannot_be_read_bury_their_record_alone(bench: Bench, place: Place) -> None:
    """A name that is not UTF-8 makes confluent-kafka raise SystemError, where nothing may be raised."""
    name = place.settings.namespace.name("matches")
    produce_in_c(place.settings.bootstrap_servers, name, b"n\xe4me")
    place.put("matches", b"flight:X", b"no avro", partition=0)
    run = list(tail.between(place.settings.kafka(), name, {0: (0, 2)}))
    for _ in range(100):  # until the interpreter has learnt what is called there
        records_of(run[1:], "matches")
    records = records_of(run, "matches")
    assert [record.value for record in records] == [b"odd", b"no avro"]
    step = bench.stage.process(records, 0)
    assert step.done == 2
    assert step.counts == {"dead-letter.InvalidEvent": 1, "dead-letter.UndecodableValue": 1}


def produce_in_c(servers: str, topic: str, header: bytes) -> None:
    """Writes a record to partition 0 with a header of this name, as no client of Python's would."""
    folder = Path(confluent_kafka.__file__).parents[1] / "confluent_kafka.libs"
    kafka = ctypes.CDLL(str(next(folder.glob("librdkafka*"))))
    pointer, text, size = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t(3)
    kafka.rd_kafka_conf_new.restype = kafka.rd_kafka_new.restype = pointer
    conf = pointer(kafka.rd_kafka_conf_new())
    kafka.rd_kafka_conf_set(conf, b"bootstrap.servers", servers.encode(), None, 0)
    producer = pointer(kafka.rd_kafka_new(0, conf, None, 0))
    odd = text(b"odd"), size
    fields = (1, text(topic.encode()), 3, ctypes.c_int32(0), 4, *odd, 9, text(header), *odd, 0)  # topic, partition, …
    assert kafka.rd_kafka_producev(producer, *fields) == 0
    assert kafka.rd_kafka_flush(producer, 30_000) == 0
    kafka.rd_kafka_destroy(producer)


async def test_what_was_delivered_is_let_go_of_at_once(bench: Bench) -> None:
    """The garbage collector comes late, and then has the records of many runs to look at."""

    def done() -> None:
        bench.done.set()

    let_go = weakref.ref(done)
    parcel = bench.outbox.parcel("a run", None, done)
    gc.disable()
    try:
        parcel.seal()
        del parcel, done
        assert bench.done.is_set()
        assert let_go() is None
    finally:
        gc.enable()
