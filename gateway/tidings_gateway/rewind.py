"""One read of the log that serves every session waiting for it: the decisions, without the reading.

It goes from the earliest position that is waited for up to where the tail begins. Sessions that come meanwhile join
if it has not passed them. One whose client takes no more leaves, so nothing is buffered for it.
"""

from collections.abc import Iterable, Sequence

from .core.reasons import Reset
from .core.record import Record
from .core.reread import Reread
from .core.session import Session, State
from .core.window import Window
from .dispatcher import Dispatcher


class Rewind:
    """A read of one partition.

    Args:
        dispatcher: writes to the sessions.
        partition: which.
        waiting: the sessions that wait; those that are served or refused are taken out. Others may be added.
        low: where the partition's log begins.
        reach: offsets that a resume may reach back, at most.
        margin: offsets before the earliest position that are read to recognise replays.
        window: remembers these and what follows.

    Attributes:
        at: the next offset to read.
    """

    def __init__(
        self,
        dispatcher: Dispatcher,
        partition: int,
        waiting: set[Session],
        low: int,
        reach: int,
        margin: int,
        window: Window,
    ) -> None:
        self._dispatcher = dispatcher
        self._tail = dispatcher.hub.lanes[partition].tail
        self._waiting = waiting
        waiting -= {s for s in waiting if s.state is State.CLOSED or not s.behind}
        self._refuse({s for s in waiting if s.position < low}, Reset.EXPIRED)
        self._refuse({s for s in waiting if s.position < self._tail.end - reach}, Reset.TOO_FAR)
        first = min((s.position for s in waiting), default=low)
        self.at = max(low, first - margin)
        self._window = window
        self._reread = Reread(first, self._tail.room)

    @property
    def done(self) -> bool:
        """Whether nobody waits for what comes next."""
        return not self._aboard()

    def jump(self, start: int, reason: Reset) -> None:
        """The log goes on at `start`; what lay between is gone."""
        self._refuse({s for s in self._aboard() if s.position < start}, reason)
        self._reread.restart(start)
        self.at = start

    def too_old(self, offset: int) -> None:
        """The record at `offset` is older than a resume may reach back."""
        self._refuse({s for s in self._aboard() if s.position <= offset}, Reset.TOO_FAR)

    def take(self, records: Iterable[Record], end: int) -> None:
        """The log's next records, up to `end`."""
        aboard = self._aboard()
        own: dict[str, list[Record]] = {}
        for record in records:
            if self._window.add(record):
                own.setdefault(record.user, []).append(record)
                self._reread.add(record)
        shared = own.pop("", [])
        self.at = end
        for session in aboard:
            if not self._dispatcher.read(session, _merged(own.get(session.user, []), shared), end, self._window):
                self._waiting.discard(session)
        if self._reread.start < self._tail.start <= end:
            self._dispatcher.keep(self._tail, self._reread)

    def finish(self) -> None:
        """The log has ended, so nothing more lies between here and the tail."""
        self.take([], max(self.at, self._tail.start))

    def _aboard(self) -> list[Session]:
        return [session for session in self._waiting if session.position >= self.at]

    def _refuse(self, sessions: set[Session], reason: Reset) -> None:
        for session in sessions:
            self._waiting.discard(session)
            self._dispatcher.refuse(session, reason)


def _merged(own: list[Record], shared: list[Record]) -> Sequence[Record]:
    return sorted([*own, *shared], key=lambda record: record.offset) if shared else own
