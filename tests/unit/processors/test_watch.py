"""What watches a worker: lag that does not move, work that takes too long, parcels that have arrived."""

import threading

import pytest
from tidings_processors.core.record import RecordOut
from tidings_processors.deadman import Deadman
from tidings_processors.outbox import Parcel
from tidings_processors.watch import LagWatch, Progress


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


PLACE = ("drafts", 0)


@pytest.mark.parametrize(
    ("later", "stuck"),
    [(Progress(10, 50), True), (Progress(11, 50), False), (Progress(50, 50), False)],
    ids=["no progress", "progress", "nothing waits"],
)
def test_a_partition_is_stuck_when_records_wait_and_it_does_not_move(later: Progress, stuck: bool) -> None:
    clock = Clock()
    watch = LagWatch(30, clock)
    watch.look({PLACE: Progress(10, 20)})
    clock.now = 31
    watch.look({PLACE: later})
    assert bool(watch.stuck()) is stuck
    assert watch.lags() == {PLACE: later.lag}


def test_a_stuck_partition_is_told_in_words() -> None:
    clock = Clock()
    watch = LagWatch(30, clock)
    watch.look({PLACE: Progress(10, 20)})
    clock.now = 40
    watch.look({PLACE: Progress(10, 25)})
    assert watch.stuck() == ["drafts[0] has 15 records waiting and has not moved for 40 s"]


def test_rest_is_no_standstill() -> None:
    """A partition that had nothing to do for long is not stuck the moment something comes."""
    clock = Clock()
    watch = LagWatch(30, clock)
    for clock.now in (0, 50, 100):
        watch.look({PLACE: Progress(10, 10)})
    clock.now = 101
    watch.look({PLACE: Progress(10, 12)})
    assert watch.stuck() == []


def test_a_partition_that_was_given_up_is_forgotten() -> None:
    clock = Clock()
    watch = LagWatch(30, clock)
    watch.look({PLACE: Progress(10, 20)})
    watch.look({})
    clock.now = 40
    watch.look({PLACE: Progress(10, 20)})
    assert watch.stuck() == []


def test_work_that_takes_too_long_is_noticed_from_another_thread() -> None:
    told = threading.Event()
    stuck: list[str] = []

    def on_stuck(what: str, _: float) -> None:
        stuck.append(what)
        told.set()

    deadman = Deadman(0.05, on_stuck)
    deadman.start()
    deadman.end(deadman.begin("quick work"))
    slow = deadman.begin("slow work")
    assert told.wait(10)
    deadman.end(slow)
    deadman.stop()
    assert set(stuck) == {"slow work"}
    assert deadman.stillest() is None


def test_work_that_gets_on_is_not_stuck_however_long_it_takes() -> None:
    """What counts is how long it has stood still, since the last look that saw another progress."""
    clock = Clock()
    deadman = Deadman(60, clock=clock)
    steps = [0]
    deadman.follow(deadman.begin("a long run"), steps.copy)
    for clock.now in range(0, 600, 50):
        steps[0] += 1
        assert deadman.stillest() == (0, "a long run")
    clock.now += 50
    assert deadman.stillest() == (50, "a long run")


def test_what_stands_still_is_named_beside_work_that_gets_on() -> None:
    clock = Clock()
    deadman = Deadman(60, clock=clock)
    steps = [0]
    deadman.begin("stuck")
    clock.now = 10
    deadman.follow(deadman.begin("a long run"), steps.copy)
    clock.now, steps[0] = 70, 1
    assert deadman.stillest() == (70, "stuck")


class _Ends:
    def __init__(self) -> None:
        self.done = self.ended = 0
        self.sent: list[RecordOut] = []

    def parcel(self) -> Parcel:
        return Parcel(None, self._is_done, self._has_ended, self._send)

    def _is_done(self) -> None:
        self.done += 1

    def _has_ended(self) -> None:
        self.ended += 1

    def _send(self, records: list[RecordOut], parcel: Parcel) -> None:
        self.sent += records
        parcel.add(len(records))


def test_a_parcel_is_done_when_it_is_sealed_and_all_has_arrived() -> None:
    """In whatever order: acks may come before the last record is put in, and after."""
    ends = _Ends()
    parcel = ends.parcel()
    parcel.add(1)
    parcel.arrived(None, None)  # type: ignore[arg-type]
    parcel.add(1)
    assert ends.done == 0
    parcel.seal()
    assert ends.done == 0
    parcel.arrived(None, None)  # type: ignore[arg-type]
    assert (ends.done, ends.ended) == (1, 1)


def test_a_parcel_gets_on_with_each_step_of_its_run_and_each_record_that_arrives() -> None:
    """So the deadman sees it get on, whatever of the two it is that goes on."""
    parcel = _Ends().parcel()
    seen = [parcel.progress()]
    parcel.taken += 1  # a step of which nothing came
    seen.append(parcel.progress())
    parcel.add(2)
    seen.append(parcel.progress())
    for _ in range(2):
        parcel.arrived(None, None)  # type: ignore[arg-type]
        seen.append(parcel.progress())
    assert len(set(seen)) == len(seen)
    assert parcel.size == 2


def test_an_empty_parcel_is_done_at_once() -> None:
    ends = _Ends()
    ends.parcel().seal()
    assert (ends.done, ends.ended) == (1, 1)


def test_what_comes_later_is_sent_when_all_else_has_arrived() -> None:
    """A note that something was told must never be there without what was told; and the run is done behind both."""
    ends = _Ends()
    parcel = ends.parcel()
    parcel.add(1)
    word, note = RecordOut("decisions", b"ann", None, []), RecordOut("policy", b"n-1", None, [])
    parcel.later.append(word)
    parcel.last.append(note)
    parcel.seal()
    assert ends.sent == []
    parcel.arrived(None, None)  # type: ignore[arg-type]
    assert (ends.sent, ends.done) == ([word], 0)
    parcel.arrived(None, None)  # type: ignore[arg-type]
    assert (ends.sent, ends.done) == ([word, note], 0)
    parcel.arrived(None, None)  # type: ignore[arg-type]
    assert (ends.sent, ends.done, ends.ended) == ([word, note], 1, 1)


def test_an_abandoned_parcel_is_never_done() -> None:
    """Its run belongs to another worker now: to ack it would lose what the other has not done yet."""
    ends = _Ends()
    parcel = ends.parcel()
    parcel.add(1)
    parcel.abandon()
    parcel.arrived(None, None)  # type: ignore[arg-type]
    assert (ends.done, ends.ended) == (0, 1)
