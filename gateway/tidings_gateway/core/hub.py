"""Who listens to what: joins sessions to tails, so that history passes into live without a gap and without a lock.

Every call is synchronous and is made from one thread. `join` and the `pull`s after it read the same tail that
`publish` appends to, so there is no moment between history and live in which a record could slip through.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from tidings_schemas.partitioner import partition_of

from .audience import Changes, Follows
from .cursor import Cursor, Malformed
from .cursor import position as cursor_position
from .ladder import Marks, Step, plan
from .lane import Delivery, Lane
from .reasons import Bye, Reset
from .record import Frame, Record
from .session import Session, State
from .tail import Gone, Tail
from .window import Window


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in bytes, age in seconds. `portion`: what one pull gives at most (but always one record)."""

    tail_bytes: int
    tail_age: float
    window: int
    portion: int
    marks: Marks


@dataclass(frozen=True, slots=True)
class Portion:
    """What to write next. `caught_up`: history is through; from here the session is live."""

    records: list[Record]
    step: Step = Step.PASS
    summarised: int = 0
    caught_up: bool = False


@dataclass(frozen=True, slots=True)
class Beyond:
    """Memory does not reach back to `offset`: the log must be read from there."""

    offset: int


@dataclass(frozen=True, slots=True)
class Ahead:
    """The cursor is beyond the tail: only the log's own end tells a quicker gateway from a forged cursor."""

    offset: int


class Hub:
    """All lanes of this process.

    Args:
        limits: see `Limits`.
        follows: whether a user follows a topic, for shared records.
        frame: encodes many records at once; None: each is encoded when it is given out.
        changes: when to ask anew who follows a topic; None: for each record.
    """

    def __init__(
        self, limits: Limits, follows: Follows, frame: Frame | None = None, changes: Changes | None = None
    ) -> None:
        self._limits = limits
        self._follows = follows
        self._changes = changes
        self._frame = frame
        self.epoch = b""
        self.count = 0
        self.lanes: dict[int, Lane] = {}

    def lay_out(
        self, epoch: bytes, count: int, starts: Mapping[int, int], begins: Mapping[int, int]
    ) -> list[tuple[Session, Reset | Bye]]:
        """The topic is, or has become, this: its epoch, its number of partitions, where each of our tails starts, and
        from where on records will come for it (not later, see `Tail`).

        Returns the sessions that this moves, and why; they have been joined to the beginning of what is new, so that
        after a reset nothing of it is missing.
        """
        reason = Reset.RECREATED if epoch != self.epoch else Reset.PARTITION
        old, self.epoch, self.count = self.lanes, epoch, count
        kept = old if reason is Reset.PARTITION else {}
        self.lanes = {p: kept.get(p) or self._lane(start, begins[p]) for p, start in starts.items()}
        moved: list[tuple[Session, Reset | Bye]] = []
        for partition, lane in old.items():
            for session in list(lane):
                target = self.partition_of(session.user)
                if self.lanes.get(partition) is lane and target == partition:
                    continue
                lane.remove(session)
                if not session.behind:  # its lane may be gone, and with it what `cursor` would ask
                    session.move_to(lane.tail.end)
                moved.append((session, self._move(session, target, reason)))
        return moved

    def jump(self, partition: int, start: int) -> list[Session]:
        """The partition goes on at `start`: further on than it was read, or further back, since its end was cut off.

        Returns the sessions that miss something by it, or that were given what is there no more, moved to `start`.
        """
        lane = self.lanes[partition]
        end, lane.tail = lane.tail.end, self._tail(start, start, lane.tail.window)
        hit = [s for s in lane if _between(s.position if s.behind else end, end, start)]
        for session in hit:
            self._restart(session, start)
        return hit

    def partition_of(self, user: str) -> int:
        """Where the user's records are."""
        return _partition_of(user, self.count)

    def tail_of(self, session: Session) -> Tail:
        """The tail that the session listens to."""
        return self.lanes[session.partition].tail

    def cursor(self, session: Session) -> Cursor:
        """Where the session stands."""
        return Cursor(self.epoch, session.partition, session.position if session.behind else self.tail_of(session).end)

    def join(self, session: Session, cursor: Cursor | Malformed | None) -> Reset | Bye | Ahead | None:
        """Registers a session from `cursor` on (None: from now on). What follows is `pull`ed. None when all is well.

        `Reset`: it goes on from the tail's end. `Ahead`: call `settle`. `Bye`: the user's partition is elsewhere.
        """
        partition = self.partition_of(session.user)
        lane = self.lanes.get(partition)
        if lane is None:
            return Bye.MOVED
        session.partition = partition
        lane.add(session)
        session.move_to(lane.tail.end)
        if cursor is None:
            return None
        reason = self._refusal(session, cursor)
        if reason is not None or not isinstance(cursor, Cursor):
            return reason
        session.move_to(cursor.offset)
        session.resumed = True
        return Ahead(cursor.offset) if cursor.offset > lane.tail.end else None

    def settle(self, session: Session, log_end: int) -> Reset | None:
        """Decides on one that was `Ahead`, now that the log's end is known."""
        lane = self.lanes[session.partition]
        if session.position <= max(lane.tail.end, log_end):
            return None
        self.restart(session)
        return Reset.FUTURE

    def leave(self, session: Session) -> None:
        """Forgets the session."""
        lane = self.lanes.get(session.partition)
        if lane is not None:
            lane.remove(session)

    def restart(self, session: Session) -> None:
        """After a reset: the session goes on from the tail's end."""
        self._restart(session, self.tail_of(session).end)

    def publish(
        self, partition: int, records: Iterable[Record], end: int, now: float
    ) -> tuple[list[Delivery], list[Session]]:
        """Takes records that follow in the log, which is then known up to `end`.

        Returns what to write to whom, and the sessions that are no longer ahead: pull them.
        """
        lane = self.lanes[partition]
        fresh = [record for record in records if lane.tail.append(record, now)]
        lane.tail.advance(end)
        if self._frame is not None:
            self._frame(cursor_position(self.epoch, partition), lane.wanted(fresh))
        deliveries = lane.deliveries(fresh, self._follows, now) if fresh else []
        lane.tail.trim(now)
        return deliveries, lane.woken()

    def pull(self, session: Session, now: float) -> Portion | Beyond | Reset:
        """What a session that is behind gets next; its position moves on accordingly."""
        tail = self.tail_of(session)
        found = tail.since(session.user, session.position, self._follows)
        if isinstance(found, Gone):
            return self._beyond(session, found)
        backlog = [record for record in found if record.live(now)]
        if session.state is State.REPLAYING:
            return self._portion(session, Portion(_cut(backlog, self._limits.portion)), backlog, tail.end)
        chosen = plan(backlog, self._limits.marks)
        if chosen.step is Step.RESET:
            self.restart(session)
            return Reset.SLOW
        summed = chosen.step is Step.SUMMARISE  # never cut: what was counted once must not be counted again
        records = chosen.records if summed else _cut(chosen.records, self._limits.portion)
        return self._portion(session, Portion(records, chosen.step, chosen.summarised), chosen.records, tail.end)

    def sessions(self) -> Iterator[Session]:
        """All of them."""
        for lane in self.lanes.values():
            yield from lane

    def deliver_read(
        self, session: Session, records: Iterable[Record], end: int, now: float, window: Window
    ) -> list[Record]:
        """What a session that is rewound gets of `records`, read from the log up to `end`; its position moves on.

        Args:
            window: of this reading of the log.
        """
        user, position = session.user, session.position
        mine = [
            given
            for record in records
            if record.offset >= position
            and (record.user == user if record.user else self._follows(user, record.topic))
            and record.live(now)
            and (given := window.give(record, user)) is not None
        ]
        session.move_to(max(position, end))
        return mine

    def _refusal(self, session: Session, cursor: Cursor | Malformed) -> Reset | None:
        if isinstance(cursor, Malformed):
            return Reset.MALFORMED
        if cursor.epoch != self.epoch:
            return Reset.RECREATED
        return Reset.PARTITION if cursor.partition != session.partition else None

    def _beyond(self, session: Session, gone: Gone) -> Portion | Beyond | Reset:
        if gone.ahead:  # the log, or another gateway, was quicker than our reading: publishing wakes it
            self.lanes[session.partition].ahead.add(session)
            return Portion([])
        if session.state is State.REPLAYING:
            return Beyond(session.position)
        self.restart(session)
        return Reset.SLOW

    def _portion(self, session: Session, portion: Portion, wanted: list[Record], end: int) -> Portion:
        if len(portion.records) < len(wanted):
            session.move_to(portion.records[-1].offset + 1)
            return portion
        session.behind = False
        if session.state is State.LIVE:
            return portion
        session.state = State.LIVE
        return Portion(portion.records, portion.step, portion.summarised, caught_up=True)

    def _move(self, session: Session, target: int, reason: Reset) -> Reset | Bye:
        lane = self.lanes.get(target)
        if lane is None:
            return Bye.MOVED
        session.partition = target
        lane.add(session)
        self._restart(session, lane.tail.start)
        return reason

    def _restart(self, session: Session, position: int) -> None:
        self.lanes[session.partition].ahead.discard(session)
        session.state, session.resumed = State.REPLAYING, False
        session.move_to(position)

    def _lane(self, start: int, begin: int) -> Lane:
        return Lane(self._tail(start, begin), self._changes)

    def _tail(self, start: int, begin: int, window: Window | None = None) -> Tail:
        limits = self._limits
        return Tail(start, begin, limits.tail_bytes, limits.tail_age, window or Window(limits.window))


#: One opening asks several times for the same user's.
_partition_of = lru_cache(maxsize=256)(partition_of)


def _between(position: int, end: int, start: int) -> bool:
    """Whether a jump from `end` to `start` touches a session that has everything before `position`."""
    return position < start if start > end else position > start


def _cut(records: list[Record], room: int) -> list[Record]:
    for taken, record in enumerate(records):
        room -= record.size
        if room < 0 and taken:
            return records[:taken]
    return records
