"""One timer for all streams: heartbeats, tokens that end, clients that stall."""

import asyncio
from collections import deque
from collections.abc import Callable

from .core.reasons import Bye
from .core.session import Session, State
from .dispatcher import Dispatcher
from .stream_settings import StreamSettings

_PERIOD_S = 0.25
_ABORT_S = 1.0  # after `bye`, this long for what waits to go out


class Ticker:
    """Turns four times a second. Heartbeats are spread over the interval: a murmur, not a wave.

    Args:
        dispatcher: writes and ends.
        settings: heartbeat, stall.
        clock: unix seconds.
    """

    def __init__(self, dispatcher: Dispatcher, settings: StreamSettings, clock: Callable[[], float]) -> None:
        self._dispatcher = dispatcher
        self._stall = settings.stall
        self._clock = clock
        self._period = min(_PERIOD_S, settings.heartbeat / 4)
        self._slots: list[set[Session]] = [set() for _ in range(max(1, round(settings.heartbeat / self._period)))]
        self._turn = self._next = 0
        self._ends: dict[int, set[Session]] = {}  # by the period in which their token ends
        self._leaving: deque[tuple[float, Session]] = deque()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begins to turn."""
        self._task = asyncio.create_task(self._run(), name="ticker")

    async def stop(self) -> None:
        """Stops turning."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def add(self, session: Session) -> None:
        """Looks after a session. Those that come together are spread over the interval."""
        self._next = (self._next + 1) % len(self._slots)
        self._slots[self._next].add(session)
        if session.expires_at is not None:
            self._ends.setdefault(self._end(session.expires_at), set()).add(session)

    def remove(self, session: Session) -> None:
        """The session has ended. If we ended it, its client gets a moment to take what waits."""
        for slot in self._slots:
            slot.discard(session)
        if session.expires_at is not None:
            end = self._end(session.expires_at)
            ends = self._ends.get(end, set())
            ends.discard(session)
            if not ends:
                self._ends.pop(end, None)
        if session.reason is not None:
            self._leaving.append((self._clock() + _ABORT_S, session))

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            due += self._period
            await asyncio.sleep(max(0.0, due - loop.time()))
            self._tick(self._clock())

    def _tick(self, now: float) -> None:
        self._expire(now)
        for session in [s for s in self._dispatcher.full if s.stalled(now, self._stall)]:
            self._dispatcher.stalled(session)
        self._turn = (self._turn + 1) % len(self._slots)
        self._dispatcher.beat([s for s in self._slots[self._turn] if s.state is not State.CLOSED])
        while self._leaving and self._leaving[0][0] <= now:
            self._leaving.popleft()[1].sink.abort()

    def _expire(self, now: float) -> None:
        """Ends streams up to a period early, so that nothing is sent after a token's end."""
        last = self._end(now + self._period)
        for end in [end for end in self._ends if end <= last]:
            for session in list(self._ends.get(end, ())):
                self._dispatcher.end(session, Bye.TOKEN_EXPIRED)

    def _end(self, expires_at: float) -> int:
        return int(expires_at / self._period)
