"""Turns the hub's decisions into frames on sinks. Synchronous, no I/O of its own: sinks and callbacks are passed in."""

from collections.abc import Callable, Iterable, Sequence

from . import frames
from .core.cursor import Cursor, Malformed
from .core.cursor import text as cursor_text
from .core.hub import Ahead, Beyond, Hub, Portion
from .core.ladder import Step
from .core.lane import Delivery
from .core.reasons import Bye, Reset
from .core.record import Record
from .core.reread import Reread
from .core.session import Session, State
from .core.tail import Tail
from .core.window import Window
from .counters import Counters
from .sources.base import Layout
from .transports.base import payload
from .transports.fanout import FanOut, Letter, PlainFanOut

SNAPSHOT = "/v1/notifications"
_AT_ONCE = 64  # deliveries that are encoded before they are written: few enough to stay in the processor's caches


class Dispatcher:
    """Every write to every stream goes through here.

    Args:
        hub: who gets what.
        counters: kept up to date.
        clock: unix seconds.
        rewind: called with a session that memory cannot serve: feed it by `read` until that says False.
        settle: called with a session whose cursor is beyond the tail: find the log's end, then call `settled`.
        ended: called once for each session that was opened, when it has ended.
        retry: draws the reconnection time, in ms, that goes with a `bye`.
        elsewhere: the URL of the stream of a user who is served by another gateway, if it is known.
        fan_out: writes to many; None: Python does.
    """

    def __init__(
        self,
        hub: Hub,
        counters: Counters,
        clock: Callable[[], float],
        rewind: Callable[[Session], None],
        settle: Callable[[Session], None],
        ended: Callable[[Session], None],
        retry: Callable[[Bye], int],
        elsewhere: Callable[[str], str | None] = lambda user: None,
        fan_out: FanOut | None = None,
    ) -> None:
        self.hub = hub
        self.counters = counters
        self._clock = clock
        self._rewind = rewind
        self._settle = settle
        self._ended = ended
        self._retry = retry
        self._fan_out = fan_out or PlainFanOut()
        self._elsewhere = elsewhere
        self.full: set[Session] = set()  # those whose client takes nothing just now

    def open(self, session: Session, cursor: Cursor | Malformed | None, retry: int) -> bool:
        """Joins the session and writes its history. `retry`: reconnection time in ms. False: it was ended at once."""
        self._write(session, frames.encode(retry=retry))
        verdict = self.hub.join(session, cursor)
        if isinstance(verdict, Bye):
            self.end(session, verdict)
            return False
        if isinstance(verdict, Ahead):
            self._settle(session)
            return True
        if verdict is not None:
            self._tell(session, verdict)
        self._pull(session)
        return True

    def settled(self, session: Session, log_end: int) -> None:
        """The log ends at `log_end`: decides on a session that was beyond the tail."""
        if session.state is State.CLOSED:
            return
        reason = self.hub.settle(session, log_end)
        if reason is not None:
            self._tell(session, reason)
        self._pull(session)

    def publish(self, partition: int, records: Iterable[Record], end: int) -> None:
        """Takes records that follow in the log and writes them to whoever listens."""
        tail = self.hub.lanes[partition].tail
        before = tail.duplicates
        deliveries, woken = self.hub.publish(partition, records, end, self._clock())
        self.counters.duplicates += tail.duplicates - before
        for begin in range(0, len(deliveries), _AT_ONCE):
            for session in self._deliver(partition, deliveries[begin : begin + _AT_ONCE]):
                self._full(session)
        for session in woken:
            self._pull(session)

    def _deliver(self, partition: int, deliveries: Sequence[Delivery]) -> list[Session]:
        """Writes; returns those that are full now."""
        full: list[Session] = []
        letters: list[Letter] = []
        frames = size = 0
        for records, sessions in deliveries:
            data = payload(b"".join([self._frame(partition, record) for record in records]))
            frames += len(records) * len(sessions)
            size += len(data.frames) * len(sessions)
            if len(sessions) == 1:
                letters.append((sessions[0], data))
            else:
                full += self._fan_out.all(sessions, data)
        self.counters.frames += frames
        self.counters.bytes += size
        return full + self._fan_out.each(letters)

    def lay_out(self, layout: Layout) -> None:
        """The topic is, or has become, this."""
        for session, reason in self.hub.lay_out(layout.epoch, layout.count, layout.starts, layout.begins):
            if isinstance(reason, Bye):
                self.end(session, reason)
            else:
                self._tell(session, reason)
                self._pull(session)

    def jump(self, partition: int, start: int, reason: Reset) -> None:
        """The partition goes on at `start` with something missing before: its streams are told."""
        for session in self.hub.jump(partition, start):
            self._tell(session, reason)
            self._pull(session)

    def drained(self, session: Session) -> None:
        """The client has room again."""
        session.drained()
        self.full.discard(session)
        if session.state is not State.CLOSED:
            self._pull(session)

    def read(self, session: Session, records: Sequence[Record], end: int, window: Window) -> bool:
        """Gives a rewound session its part of `records`, read up to `end`. False: it needs no more of this."""
        if session.state is State.CLOSED or session.full_since is not None or not session.behind:
            return False
        mine = self.hub.deliver_read(session, records, end, self._clock(), window)
        self._write(session, b"".join([self._frame(session.partition, record) for record in mine]), len(mine))
        if session.position < self.hub.tail_of(session).start:
            return session.full_since is None
        self._pull(session)
        return False

    def keep(self, tail: Tail, reread: Reread) -> None:
        """Keeps what was read back, up to where the tail begins."""
        tail.prepend(reread.records, reread.start, self._clock())

    def refuse(self, session: Session, reason: Reset) -> None:
        """What a rewound session asked for cannot be given."""
        if session.state is not State.CLOSED:
            self.hub.restart(session)
            self._tell(session, reason)
            self._pull(session)

    def beat(self, sessions: Iterable[Session]) -> None:
        """Heartbeats: the cursor for those who have everything, a comment for those who wait for the log."""
        by_partition: dict[int, list[Session]] = {}
        for session in sessions:
            if not session.behind:
                by_partition.setdefault(session.partition, []).append(session)
            elif session.full_since is None:
                self._write(session, frames.COMMENT)
        for partition, live in by_partition.items():
            end = self.hub.lanes[partition].tail.end
            data = payload(frames.heartbeat(str(Cursor(self.hub.epoch, partition, end))))
            for session in self._fan_out.all(live, data):
                self._full(session)

    def end(self, session: Session, reason: Bye) -> None:
        """Says `bye` and ends the stream; a session that has ended already is left alone."""
        cursor = None if session.behind else str(self.hub.cursor(session))
        if session.close(reason):
            self._farewell(session, reason, cursor)
            self._forget(session)

    def refuse_entry(self, session: Session, reason: Bye) -> None:
        """Says `bye` to one that is not opened at all. Any status but 200 would silence its client for good."""
        self.counters.closed[reason] += 1
        self._farewell(session, reason, None)

    def stalled(self, session: Session) -> None:
        """The client has taken nothing for too long: the ladder's last step."""
        if session.state is not State.CLOSED:
            self.counters.slow["close"] += 1
            self.end(session, Bye.SLOW)

    def resume(self, sessions: Iterable[Session]) -> None:
        """Pulls on those whose reading of the log was broken off."""
        for session in sessions:
            if session.state is not State.CLOSED:
                self._pull(session)

    def left(self, session: Session) -> None:
        """The client has gone."""
        if session.close(None):
            self._forget(session)

    def _forget(self, session: Session) -> None:
        self.hub.leave(session)
        self.full.discard(session)
        self.counters.closed[session.reason or "client"] += 1
        self._ended(session)

    def _pull(self, session: Session) -> None:
        while session.behind and session.full_since is None and session.state is not State.CLOSED:
            got = self.hub.pull(session, self._clock())
            if isinstance(got, Beyond):
                self._rewind(session)
                return
            if isinstance(got, Reset):
                self._tell(session, got)
            elif got.records or got.caught_up or not session.behind:
                self._give(session, got)
            else:
                return  # ahead of the tail: publishing wakes it

    def _give(self, session: Session, portion: Portion) -> None:
        parts = [self._frame(session.partition, record) for record in portion.records]
        if portion.step is not Step.PASS:
            self.counters.slow[portion.step] += 1
        if portion.summarised:
            parts.insert(0, frames.control("summary", {"count": portion.summarised, "snapshot": SNAPSHOT}))
        if portion.caught_up:
            parts.append(self._ready(session))
        self._write(session, b"".join(parts), len(parts))

    def _ready(self, session: Session) -> bytes:
        cursor = str(self.hub.cursor(session))
        self.counters.resumed += session.resumed
        return frames.control("ready", {"user": session.user, "cursor": cursor, "resumed": session.resumed}, cursor)

    def _tell(self, session: Session, reason: Reset) -> None:
        cursor = str(self.hub.cursor(session))
        self.counters.resets[reason] += 1
        data = {"reason": reason, "snapshot": SNAPSHOT, "cursor": cursor}
        self._write(session, frames.control("reset", data, cursor))

    def _frame(self, partition: int, record: Record) -> bytes:
        if record.frame is not None:
            return record.frame
        message = record.message
        assert message is not None  # the hub gives only what `Record.live` found readable
        return frames.message(message.event, cursor_text(self.hub.epoch, partition, record.offset + 1), message.data)

    def _write(self, session: Session, data: bytes, count: int = 1) -> None:
        if not data:
            return
        self.counters.frames += count
        self.counters.bytes += len(data)
        if not session.sink.write(payload(data)):
            self._full(session)

    def _full(self, session: Session) -> None:
        lane = self.hub.lanes.get(session.partition)  # None before `join`
        session.full(lane.tail.end if lane else 0, self._clock())
        self.full.add(session)

    def _farewell(self, session: Session, reason: Bye, cursor: str | None) -> None:
        data: dict[str, object] = {"reason": reason, "reconnect": reason.reconnect}
        if reason is Bye.MOVED and (url := self._elsewhere(session.user)) is not None:
            data["url"] = url
        session.sink.write(payload(frames.control("bye", data, cursor, self._retry(reason))))
        session.sink.close()
