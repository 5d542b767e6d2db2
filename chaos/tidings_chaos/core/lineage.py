"""One client from its first connection to the end: what it saw, what it may have missed, and what was wrong with it."""

from collections.abc import Sequence

from .facts import ClientEntry, Facts
from .history import Closed, Framed, Logged, Opened, Snapshot, Stalled
from .position import Position, position_of
from .verdict import Invariant, Violation

#: Records of a partition within which an id comes only once (docs/wire.md).
REPEAT_MARGIN = 2_000
#: Answers after which an EventSource does not come back. 401 and 403 are meant so.
_STAY_AWAY_MEANT = (0, 200, 401, 403)


class Lineage:
    """What became of one client. `walk` fills it.

    Args:
        margin: records of a partition within which an id comes only once.

    Attributes:
        seen: event id → when it was first seen, on the stream or in a snapshot.
        excused: event ids that a reset or a summary said are left out.
        ready_at: when it first had all its history; None: never.
        repeats: how often the stream carried an id again.
        stalls: (from, to) of its own slowness.
    """

    def __init__(self, facts: Facts, name: str, margin: int = REPEAT_MARGIN) -> None:
        self.name = name
        self.user = ""
        self.lasting = False
        self.violations: list[Violation] = []
        self.seen: dict[str, float] = {}
        self.excused: set[str] = set()
        self.ready_at: float | None = None
        self.repeats = self.resets = self.connections = self.frames = 0
        self.stalls: list[tuple[float, float]] = []
        self._facts = facts
        self._margin = margin
        self._at: Position | None = None
        self._asked = ""
        self._stalled = self._was_stalled = False
        self._allowance = 0  # so many may be passed over that were published before `_summed_at`
        self._summed_at = 0.0
        self._got: dict[str, int] = {}  # notification id → offset of its record
        self._streamed: set[str] = set()  # event ids
        self._reset_since: set[str] = set()  # ids seen before the last reset
        self._told: dict[tuple[str, str], str] = {}
        self._last: dict[str, int] = {}

    def walk(self, entries: Sequence[ClientEntry]) -> "Lineage":
        """Takes all entries in order; returns itself."""
        for entry in entries:
            if isinstance(entry, Framed):
                self._frame(entry)
            elif isinstance(entry, Opened):
                self._opened(entry)
            elif isinstance(entry, Stalled):
                self._stall(entry)
            elif isinstance(entry, Snapshot):
                for event_id in entry.event_ids:
                    self._belongs(event_id, self.user, entry.at)
                    self.seen.setdefault(event_id, entry.at)
            elif isinstance(entry, Closed) and entry.status not in _STAY_AWAY_MEANT:
                self._wrong(Invariant.SILENCED, f"was answered {entry.status}", entry.at)
        return self

    def _opened(self, entry: Opened) -> None:
        self.user, self.lasting = entry.user, entry.lasting
        self.connections += 1
        self._asked = entry.cursor
        self._was_stalled = self._stalled
        self._allowance = 0  # what was left out is given now

    def _stall(self, entry: Stalled) -> None:
        if entry.on:
            self.stalls.append((entry.at, float("inf")))
        elif self.stalls:
            self.stalls[-1] = self.stalls[-1][0], entry.at
        self._stalled = entry.on
        self._was_stalled |= entry.on

    def _frame(self, frame: Framed) -> None:
        self.frames += 1
        if frame.event == "reset":
            self._reset(frame)
            return
        if frame.event == "summary":
            self._summary(frame)
            return
        if frame.event == "notification":
            self._notification(frame)
            return
        if frame.event == "ready" and self.ready_at is None:
            self.ready_at = frame.at
        if frame.cursor:
            self._move(frame)
        if frame.event == "ready":
            self._nothing_more_is_left_out(frame)

    def _notification(self, frame: Framed) -> None:
        here = self._move(frame, own=1)
        self._belongs(frame.event_id, frame.owner, frame.at)
        self._once(frame, here)
        self._streamed.add(frame.event_id)
        event = self._facts.events.get(frame.event_id)
        if event is not None and event.invoked > self._summed_at:
            self._nothing_more_is_left_out(frame)
        if event is not None and frame.event_id not in self.seen:
            if event.seq < self._last.get(event.line, event.seq):
                self._wrong(Invariant.ORDER, f"{event.line}: {event.seq} came after {self._last[event.line]}", frame.at)
            self._last[event.line] = max(event.seq, self._last.get(event.line, event.seq))
        self.seen.setdefault(frame.event_id, frame.at)

    def _belongs(self, event_id: str, owner: str, at: float) -> None:
        event = self._facts.events.get(event_id)
        if event is None or event.outcome == "failed":
            why = "was never published" if event is None else "was refused"
            self._wrong(Invariant.PHANTOM, f"event {event_id} {why}", at)
            return
        mine = event.user == self.user or (event.topic is not None and (self.user, event.topic) in self._facts.follows)
        if not mine or owner != self.user:
            whom = event.user or f"followers of {event.topic}"
            self._wrong(Invariant.FOREIGN, f"event {event_id} is for {whom}, and names {owner!r}", at)

    def _once(self, frame: Framed, here: Position | None) -> None:
        told = self._told.setdefault((frame.event_id, frame.rule), frame.id)
        if told != frame.id:
            self._wrong(Invariant.DUPLICATE, f"event {frame.event_id} came as {told} and as {frame.id}", frame.at)
        offset = here.offset if here else 0
        if (earlier := self._got.get(frame.id)) is not None:
            self.repeats += 1
            if offset - earlier <= self._margin and frame.id not in self._reset_since:
                self._wrong(Invariant.REPEAT, f"{frame.id} again, {offset - earlier} records later", frame.at)
        self._got.setdefault(frame.id, offset)

    def _move(self, frame: Framed, own: int = 0) -> Position | None:
        """Goes to the frame's cursor; `own`: the frame is itself the last record before it."""
        here = position_of(frame.cursor)
        if here is None:
            self._wrong(Invariant.CURSOR, f"the id of a {frame.event} is {frame.cursor!r}", frame.at)
            return None
        if own:
            self._names_its_record(frame, here)
        before = self._at
        if before is None or before[:2] != here[:2] or here.offset < before.offset:
            if before is not None:
                self._wrong(Invariant.CURSOR, f"from {before} to {here} without a reset", frame.at)
            self._at = here
            return here
        missed = self._missed(before.offset, here.offset - own)
        self._allowed(missed, frame)
        self._at = here
        return here

    def _names_its_record(self, frame: Framed, here: Position) -> None:
        record = self._facts.places.get((here.partition, here.offset - 1))
        same = record is not None and (record.id == frame.id if record.user else record.event_id == frame.event_id)
        if here.partition in self._facts.bounds and not same:
            there = record.id if record else "nothing"
            text = f"{frame.id} points behind offset {here.offset - 1}, where {there} is"
            self._wrong(Invariant.CURSOR, text, frame.at)

    def _missed(self, start: int, end: int) -> list[Logged]:
        assert self._at is not None
        owed = self._facts.owed(self.user, self._at.partition)
        return [record for record in owed.between(start, end) if not self._was_given(record)]

    def _was_given(self, record: Logged) -> bool:
        """A shared record is given under an id of the user's own."""
        return record.id in self._got if record.user else record.event_id in self._streamed

    def _summary(self, frame: Framed) -> None:
        self._allowance += frame.count
        self._summed_at = frame.at
        bounds = self._facts.bounds.get(self._at.partition) if self._at else None
        if self._at and bounds:
            left = sum(map(self._is_summed_up, self._missed(self._at.offset, bounds.high)))
            if self._allowance > left:
                text = f"a summary leaves out {self._allowance}, where there are {left}"
                self._wrong(Invariant.FALSE_GAP, text, frame.at)

    def _nothing_more_is_left_out(self, frame: Framed) -> None:
        """What a summary counts lies before whatever came after it."""
        if self._allowance:
            text = f"a summary left out {self._allowance} fewer than it said, before {frame.cursor}"
            self._wrong(Invariant.FALSE_GAP, text, frame.at)
        self._allowance = 0

    def _is_summed_up(self, record: Logged) -> bool:
        event = self._facts.events.get(record.event_id)
        return event is None or event.invoked <= self._summed_at

    def _allowed(self, missed: list[Logged], frame: Framed) -> None:
        """What is missed must have been summed up before, or it was skipped in silence."""
        for record in missed:
            if self._allowance and self._is_summed_up(record):
                self._allowance -= 1
                self.excused.add(record.event_id)
            else:
                text = f"offset {record.offset} ({record.event_id}) was passed over before {frame.cursor}"
                self._wrong(Invariant.SKIP, text, frame.at)

    def _reset(self, frame: Framed) -> None:
        self.resets += 1
        here = position_of(frame.cursor)
        if here is None or not self._honest(frame.reason, here):
            self._wrong(Invariant.FALSE_GAP, f"reset ({frame.reason}) to {here}, but stood at {self._at}", frame.at)
        if here is not None and self._at is not None and self._at[:2] == here[:2]:
            self.excused |= {record.event_id for record in self._missed(self._at.offset, here.offset)}
        self._at = here
        self._reset_since = set(self._got)
        self._allowance = 0

    def _honest(self, reason: str, here: Position) -> bool:
        """Whether what was asked for could really not be given."""
        asked = position_of(self._asked) if self._asked else None
        stood = self._at or asked
        bounds = self._facts.bounds.get(here.partition)
        if stood is None:
            return reason == "malformed" and bool(self._asked)
        return {
            "malformed": bool(self._asked) and asked is None,
            "recreated": stood.epoch != here.epoch,
            "partition": stood.partition != here.partition,
            "expired": bounds is not None and stood.offset < bounds.low,
            "future": bounds is not None and stood.offset > bounds.high,
            "slow": self._was_stalled,
        }.get(reason, False)

    def _wrong(self, invariant: Invariant, text: str, at: float) -> None:
        self.violations.append(Violation(invariant, f"{self.name}: {text}", at))
