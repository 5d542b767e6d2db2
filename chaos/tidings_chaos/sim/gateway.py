"""A gateway without sockets: the real intake, hub, dispatcher and rewind over the log in memory."""

from collections.abc import Callable

from tidings_gateway.core.cursor import Cursor, Malformed
from tidings_gateway.core.hub import Limits
from tidings_gateway.core.ladder import Marks
from tidings_gateway.core.reasons import Bye, Reset
from tidings_gateway.core.record import Message, Record
from tidings_gateway.core.session import Session, State
from tidings_gateway.core.shared import Shared
from tidings_gateway.core.window import Window
from tidings_gateway.counters import Counters
from tidings_gateway.decoder import Decoder
from tidings_gateway.intake import Intake
from tidings_gateway.rewind import Rewind
from tidings_gateway.sources.base import Bounds, Layout, Raw, starts_after
from tidings_schemas.codec import Codec

from .log import EPOCH, NOTIFICATIONS, PARTITIONS, Log
from .parts import Parts

_HUGE = 10**9
#: Records before a position that are read to recognise replays: few, so that a gateway's start often lies amid the log.
MARGIN = 12
_PORTION = 600  # bytes of a pull: two or three records, so that history comes in several portions
_RETRY_MS = 1000

Follows = Callable[[str, str], bool]


class Gateway:
    """One process.

    Args:
        back: how many records before a partition's end it reads at its start, `MARGIN` at least.
        tail_bytes: what its memory holds of a partition; small, so that resumes must read the log.
    """

    def __init__(
        self,
        log: Log,
        codec: Codec,
        parts: Parts,
        follows: Follows,
        clock: Callable[[], float],
        back: int,
        tail_bytes: int,
        marks: Marks,
    ) -> None:
        self._log, self._follows = log, follows
        self._parts = parts
        self._waiting: dict[int, set[Session]] = {}
        self._ahead: list[Session] = []
        self._intake = Intake(Decoder(codec, lambda: None), self._personal)
        limits = Limits(tail_bytes, _HUGE, parts.gateway_window, _PORTION, marks)
        self.dispatcher = parts.dispatcher(
            parts.hub(limits, follows),
            Counters(),
            clock=clock,
            rewind=lambda session: self._waiting.setdefault(session.partition, set()).add(session),
            settle=self._ahead.append,
            ended=lambda session: None,
            retry=lambda reason: _RETRY_MS,
        )
        self.read_to = [max(log.low[p], self._end(p) - back) for p in range(PARTITIONS)]
        self._lay_out()

    def open(self, session: Session, cursor: Cursor | Malformed | None) -> None:
        """A client comes."""
        self.dispatcher.open(session, cursor, _RETRY_MS)

    def pump(self, partition: int, count: int) -> bool:
        """Reads on. False: there is nothing."""
        start = self.read_to[partition]
        if start < self._log.low[partition]:
            self._jump(partition)
            return True
        records, end = self._read(partition, start, count)
        self.read_to[partition] = end
        self.dispatcher.publish(partition, records, end)
        return end > start

    def rewind(self, partition: int, batch: int) -> None:
        """Serves those who wait for the log, in one read."""
        low = self._log.low[partition]
        waiting = self._waiting.get(partition, set())
        window = Window(self._parts.gateway_window)
        rewind = Rewind(self.dispatcher, partition, waiting, low, _HUGE, MARGIN, window)
        while not rewind.done and rewind.at < self._end(partition):
            records, end = self._read(partition, rewind.at, batch)
            rewind.take(records, end)
        if not rewind.done:
            rewind.finish()

    def settle(self) -> None:
        """Tells those who are beyond the tail where the log ends."""
        sessions, self._ahead[:] = list(self._ahead), []
        for session in sessions:
            if session.state is not State.CLOSED:
                self.dispatcher.settled(session, self._end(session.partition))

    def send_away(self, session: Session) -> None:
        """It is drained: the client is told to come back."""
        self.dispatcher.end(session, Bye.DRAIN)

    def beat(self, sessions: list[Session]) -> None:
        """Heartbeats."""
        self.dispatcher.beat(sessions)

    def _end(self, partition: int) -> int:
        return self._log.end((NOTIFICATIONS, partition))

    def _read(self, partition: int, start: int, count: int) -> tuple[list[Record], int]:
        found = self._log.between((NOTIFICATIONS, partition), start, count)
        raws = [Raw(r.offset, r.key, r.value, r.timestamp_ms) for r in found]
        for raw in raws:
            self._intake.prepare(raw.value or b"")
        return self._intake.records(raws), start + len(found)

    def _jump(self, partition: int) -> None:
        waited = self._waiting.pop(partition, set())
        self.read_to[partition] = self._log.low[partition]
        self.dispatcher.jump(partition, self.read_to[partition], Reset.EXPIRED)
        self.dispatcher.resume(waited)

    def _lay_out(self) -> None:
        begins = dict(enumerate(self.read_to))
        bounds = {p: Bounds(self._log.low[p], self._end(p)) for p in range(PARTITIONS)}
        ends = {p: self._end(p) for p in range(PARTITIONS)}
        starts = starts_after(begins, bounds, MARGIN)
        self.dispatcher.lay_out(Layout(EPOCH, PARTITIONS, begins, starts, ends))

    def _personal(self, user: str, shared: Shared) -> Message | None:
        return shared.message_of(user, "en", "UTC") if self._follows(user, shared.topic) else None
