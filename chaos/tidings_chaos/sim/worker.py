"""Workers of a group: runs are taken, what comes of them is under way for a while, and then done and committed.

The ledger, the stages, windows and books are the real ones; what Kafka and a crash do to what is under way is decided
by the schedule.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from tidings_processors.core.policy.book import Book
from tidings_processors.core.policy.entry import Entry as Held
from tidings_processors.core.record import SOURCE_HEADER, RecordIn, RecordOut
from tidings_processors.core.window import Window
from tidings_processors.ticks import ticks
from tidings_processors.transport.ledger import Entry, Ledger
from tidings_schemas import SharedNotification

from .log import (
    DECISIONS,
    DRAFTS,
    EVENTS,
    LANES,
    MATCHES,
    MATCHES_URGENT,
    NOTIFICATIONS,
    PARTITIONS,
    POLICY,
    Log,
    Place,
    place_of,
)
from .parts import Parts
from .stages import Stages

_READ = (EVENTS, MATCHES, MATCHES_URGENT, *LANES)
INPUTS: tuple[Place, ...] = tuple((topic, p) for topic in _READ for p in range(PARTITIONS))


@dataclass(slots=True)
class Claim:
    """A partition that a worker holds. `position`: the next offset to take."""

    place: Place
    position: int
    ledger: Ledger
    window: Window | None
    book: Book | None


@dataclass(slots=True)
class Parcel:
    """What came of one run. `left`: how much of it Kafka has not acked. `later`, `last`: as in `outbox.Parcel`."""

    claim: Claim
    entry: Entry
    later: list[RecordOut] = field(default_factory=list)
    last: list[RecordOut] = field(default_factory=list)
    left: int = 0

    def next(self) -> list[RecordOut]:
        """What is sent when all before it has arrived."""
        records = self.later or self.last
        self.later, self.last = [], self.last if self.later else []
        return records


@dataclass(eq=False)
class Worker:
    """A process. `under_way`: records handed over to its producer, by where they go."""

    under_way: dict[Place, deque[tuple[RecordOut, Parcel]]] = field(default_factory=dict)

    def send(self, records: Sequence[RecordOut], parcel: Parcel) -> None:
        """Hands records over."""
        parcel.left += len(records)
        for out in records:
            self.under_way.setdefault(place_of(out), deque()).append((out, parcel))


class Group:
    """All workers, and who holds what.

    Attributes:
        late: (topic, partition, offset) of what was told or decided by one who had lost their session, and arrived.
    """

    def __init__(self, log: Log, stages: Stages, parts: Parts, rng: Random, workers: int = 2) -> None:
        self._log, self._stages, self._parts, self._rng = log, stages, parts, rng
        self.workers = [Worker() for _ in range(workers)]
        self.late: set[tuple[str, int, int]] = set()
        self._limbo: list[Worker] = []  # gone, but what they sent may still arrive
        self._claims: dict[Place, tuple[Worker, Claim]] = {}
        for place in INPUTS:
            self._assign(place)

    def window(self, lane: str, partition: int) -> Window:
        """What deliver knows to be written to a partition of `notifications` by way of a lane."""
        window = self._claims[lane, partition][1].window
        assert window is not None
        return window

    def book(self, partition: int) -> Book:
        """What is held for the users of a partition."""
        book = self._claims[DRAFTS, partition][1].book
        assert book is not None
        return book

    def tick(self, now_ms: int) -> None:
        """Workers let time pass where something is due."""
        for record in ticks({partition: self.book(partition) for partition in range(PARTITIONS)}, now_ms):
            self._log.append(place_of(record), record, now_ms)

    def waiting(self) -> list[Place]:
        """The partitions of which something is left to take."""
        return [place for place, (_, claim) in self._claims.items() if claim.position < self._log.end(place)]

    def done(self) -> list[Place]:
        """The partitions of which something is done and not committed."""
        return [place for place, (_, claim) in self._claims.items() if claim.ledger.pending is not None]

    def settled(self, partition: int) -> int:
        """Up to where a partition of `notifications` will not be written again: retention reaches no further.

        Retention is days and a replay minutes; here, where both are moments, one must not overtake the other.
        """
        place = NOTIFICATIONS, partition
        if any(worker.under_way.get(place) for worker in [*self.workers, *self._limbo]):
            return 0
        records = self._log.records[place]
        return next((r.offset for r in records if self._may_come_again(r)), len(records))

    def rest(self, partition: int, now_ms: int) -> None:
        """What is under way to a partition of `notifications` arrives, and what came of it is committed."""
        place = NOTIFICATIONS, partition
        for worker in [*self.workers, *self._limbo]:
            while waiting := worker.under_way.get(place):
                self._take(worker, place, len(waiting), now_ms)
        for lane in LANES:
            self.commit((lane, partition))

    def work(self, place: Place, count: int, now_ms: int) -> bool:
        """Whoever holds a partition takes a run of it. False: there is nothing."""
        worker, claim = self._claims[place]
        run = self._log.between(place, claim.position, count)
        if not run:
            return False
        parcel = Parcel(claim, claim.ledger.open(run[0].offset, run[-1].offset, len(run)))
        claim.position = run[-1].offset + 1
        while run:
            step = self._stages.of(place[0]).process(run, now_ms)
            assert step.waiting is None, step.waiting
            worker.send(step.outs, parcel)
            parcel.later += step.later
            parcel.last += step.last
            run = run[step.done :]
        if not self._parts.notes_wait:
            worker.send(parcel.next(), parcel)
            worker.send(parcel.next(), parcel)
        if self._parts.done_when_handed_over:
            parcel.entry.end(0)
        self._settle(worker, parcel)
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
        worker = self._leave(now_ms, killed=True)
        worker.under_way.clear()

    def lose_session(self, now_ms: int) -> None:
        """A worker is silent for too long: others take over, and later what it had sent arrives all the same."""
        self._limbo.append(self._leave(now_ms))

    def _leave(self, now_ms: int, killed: bool = False) -> Worker:
        gone = self._rng.choice(self.workers)
        self.workers[self.workers.index(gone)] = Worker()
        for place, waiting in gone.under_way.items() if killed else ():
            self._take(gone, place, self._rng.randint(0, len(waiting)), now_ms, heard=False)
        for place, (holder, claim) in self._claims.items():
            if holder is gone:
                claim.ledger.close()
                self._assign(place)
        return gone

    def _assign(self, place: Place) -> None:
        topic, partition = place
        window = self._primed(topic, partition) if topic in LANES else None
        book = self._restored(partition) if topic == DRAFTS else None
        position = self._log.committed.get(place, 0)
        self._claims[place] = self._rng.choice(self.workers), Claim(place, position, Ledger(), window, book)

    def _primed(self, lane: str, partition: int) -> Window:
        """With what came of the lane: all of it, since far more than a schedule has is read back."""
        window = self._parts.window()
        for record in self._log.records[NOTIFICATIONS, partition]:
            topic, offset = _source(record)
            if topic == lane:
                name, fields = self._stages.codec.decode(record.value)
                window.restore(fields["id"], name == SharedNotification.avro_name, offset)
        return window

    def _restored(self, partition: int) -> Book:
        book = self._parts.book()
        for record in self._log.records[POLICY, partition]:
            if record.value is None:
                book.forget((record.key or b"").decode())
            else:
                book.restore(Held.from_avro(self._stages.untimed.decode(record.value)[1]))
        return book

    def _may_come_again(self, record: RecordIn) -> bool:
        topic, offset = _source(record)
        return offset >= self._log.committed.get((topic, record.partition), 0)

    def _settle(self, worker: Worker, parcel: Parcel) -> None:
        """Goes on with a parcel if all that was sent of it has arrived."""
        while not parcel.left:
            if not (records := parcel.next()):
                claim = parcel.claim
                parcel.entry.end(0)
                if self._claims[claim.place][1] is claim:
                    topic, partition = claim.place
                    self._stages.of(topic).landed(partition, parcel.entry.first, parcel.entry.last)
                return
            worker.send(records, parcel)

    def _take(self, worker: Worker, place: Place, count: int, now_ms: int, heard: bool = True) -> None:
        waiting = worker.under_way[place]
        for _ in range(min(count, len(waiting))):
            if not self._parts.keeps_order:
                waiting.rotate(self._rng.randrange(len(waiting)))
            out, parcel = waiting.popleft()
            if place[0] in (NOTIFICATIONS, DECISIONS) and worker in self._limbo:
                self.late.add((*place, self._log.end(place)))
            self._log.append(place, out, now_ms)
            parcel.left -= 1
            if heard:
                self._settle(worker, parcel)


def _source(record: RecordIn) -> tuple[str, int]:
    """(topic, offset) of what a record came of."""
    topic, _, offset, _ = (dict(record.headers)[SOURCE_HEADER] or b"").decode().split(":")
    return topic, int(offset)
