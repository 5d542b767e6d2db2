"""Workers of a group: runs are taken, what comes of them is under way for a while, and then done and committed.

The ledger, the stages and the window are the real ones; what Kafka and a crash do to what is under way is decided by
the schedule.
"""

from collections import deque
from dataclasses import dataclass, field
from random import Random

from tidings_processors.core.record import SOURCE_HEADER, RecordIn, RecordOut
from tidings_processors.core.window import Window
from tidings_processors.transport.ledger import Entry, Ledger

from .log import DRAFTS, EVENTS, MATCHES, NOTIFICATIONS, PARTITIONS, Log, Place, place_of
from .parts import Parts
from .stages import Stages

INPUTS: tuple[Place, ...] = tuple((topic, p) for topic in (EVENTS, MATCHES, DRAFTS) for p in range(PARTITIONS))


@dataclass(slots=True)
class Parcel:
    """What came of one run. `left`: how much of it Kafka has not acked."""

    entry: Entry
    left: int

    def arrived(self) -> None:
        """One record more is there."""
        self.left -= 1
        if self.left == 0:
            self.entry.parts.discard(0)


@dataclass(slots=True)
class Claim:
    """A partition that a worker holds. `position`: the next offset to take."""

    place: Place
    position: int
    ledger: Ledger
    window: Window | None


@dataclass(eq=False)
class Worker:
    """A process. `under_way`: records handed over to its producer, by where they go."""

    under_way: dict[Place, deque[tuple[RecordOut, Parcel]]] = field(default_factory=dict)


class Group:
    """All workers, and who holds what."""

    def __init__(self, log: Log, stages: Stages, parts: Parts, rng: Random, workers: int = 2) -> None:
        self._log, self._stages, self._parts, self._rng = log, stages, parts, rng
        self.workers = [Worker() for _ in range(workers)]
        self._limbo: list[Worker] = []  # gone, but what they sent may still arrive
        self._claims: dict[Place, tuple[Worker, Claim]] = {}
        for place in INPUTS:
            self._assign(place)

    def window(self, partition: int) -> Window:
        """What deliver knows to be written to a partition of `notifications`."""
        window = self._claims[DRAFTS, partition][1].window
        assert window is not None
        return window

    def waiting(self) -> list[Place]:
        """The partitions of which something is left to take."""
        return [place for place, (_, claim) in self._claims.items() if claim.position < self._log.end(place)]

    def settled(self, partition: int) -> int:
        """Up to where a partition of `notifications` will not be written again: retention reaches no further.

        Retention is days and a replay minutes; here, where both are moments, one must not overtake the other.
        """
        place = NOTIFICATIONS, partition
        if any(worker.under_way.get(place) for worker in [*self.workers, *self._limbo]):
            return 0
        committed = self._log.committed.get((DRAFTS, partition), 0)
        records = self._log.records[place]
        return next((r.offset for r in records if _source_offset(r) >= committed), len(records))

    def work(self, place: Place, count: int, now_ms: int) -> bool:
        """Whoever holds a partition takes a run of it. False: there is nothing."""
        worker, claim = self._claims[place]
        run = self._log.between(place, claim.position, count)
        if not run:
            return False
        step = self._stages.of(place[0]).process(run, now_ms)
        done = run[: step.done]
        entry = claim.ledger.open(done[0].offset, done[-1].offset, len(done))
        claim.position = done[-1].offset + 1
        parcel = Parcel(entry, len(step.outs))
        if not step.outs or self._parts.done_when_handed_over:
            entry.parts.discard(0)
        for out in step.outs:
            worker.under_way.setdefault(place_of(out), deque()).append((out, parcel))
        return True

    def land(self, now_ms: int, count: int | None = None) -> bool:
        """Kafka takes some of what is under way to one partition (None: all of everything). False: there is nothing."""
        sending = [worker for worker in [*self.workers, *self._limbo] if any(worker.under_way.values())]
        if not sending:
            return False
        for worker in sending if count is None else [self._rng.choice(sending)]:
            places = [place for place, waiting in worker.under_way.items() if waiting]
            for place in places if count is None else [self._rng.choice(places)]:
                self._take(worker, place, len(worker.under_way[place]) if count is None else count, now_ms)
        return True

    def commit(self, place: Place) -> None:
        """Its holder commits a partition, up to what is done."""
        claim = self._claims[place][1]
        position = claim.ledger.pending
        if position is not None:
            self._log.committed[place] = position
            claim.ledger.committed(position)

    def crash(self, now_ms: int) -> None:
        """A worker is killed: Kafka has got some of what was under way, and the rest is lost."""
        worker = self._leave()
        for place, waiting in worker.under_way.items():
            self._take(worker, place, self._rng.randint(0, len(waiting)), now_ms)
        worker.under_way.clear()

    def lose_session(self) -> None:
        """A worker is silent for too long: others take over, and later what it had sent arrives all the same."""
        self._limbo.append(self._leave())

    def _leave(self) -> Worker:
        gone = self._rng.choice(self.workers)
        self.workers[self.workers.index(gone)] = Worker()
        for place, (holder, claim) in self._claims.items():
            if holder is gone:
                claim.ledger.close()
                self._assign(place)
        return gone

    def _assign(self, place: Place) -> None:
        topic, partition = place
        window = self._primed(partition) if topic == DRAFTS else None
        position = self._log.committed.get(place, 0)
        self._claims[place] = self._rng.choice(self.workers), Claim(place, position, Ledger(), window)

    def _primed(self, partition: int) -> Window:
        window = self._parts.window()
        for record in self._log.records[NOTIFICATIONS, partition]:
            window.add(self._id_of(record))
        return window

    def _id_of(self, record: RecordIn) -> str:
        return str(self._stages.codec.decode(record.value)[1]["id"])

    def _take(self, worker: Worker, place: Place, count: int, now_ms: int) -> None:
        waiting = worker.under_way[place]
        for _ in range(min(count, len(waiting))):
            if not self._parts.keeps_order:
                waiting.rotate(self._rng.randrange(len(waiting)))
            out, parcel = waiting.popleft()
            self._log.append(place, out, now_ms)
            parcel.arrived()


def _source_offset(record: RecordIn) -> int:
    value = dict(record.headers)[SOURCE_HEADER]
    return int((value or b"").split(b":")[2])
