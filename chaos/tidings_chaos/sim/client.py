"""A client of a simulated gateway: it reads when the schedule lets it, and keeps its last event id."""

import json
from collections.abc import Callable

from tidings_bench.sse import Frame, Parser
from tidings_gateway.core.cursor import parse
from tidings_gateway.core.session import Session
from tidings_gateway.transports.base import Payload

from tidings_chaos.core.history import Closed, Entry, Framed, Opened, Stalled

from .gateway import Gateway

HUGE = 10**9


class Client:
    """One device of a user.

    Args:
        tell: takes what it records.
        clock: seconds since the schedule began.
    """

    def __init__(self, name: str, user: str, tell: Callable[[Entry], None], clock: Callable[[], float]) -> None:
        self.name, self.user = name, user
        self._tell, self._clock = tell, clock
        self._parser = Parser()
        self._room = HUGE
        self._waiting: list[bytes] = []
        self._slow = False
        self.gateway: Gateway | None = None
        self.session: Session | None = None
        self._closing = False

    @property
    def connected(self) -> bool:
        """Whether it has a stream."""
        return self.gateway is not None

    def connect(self, gateway: Gateway, room: int = HUGE) -> None:
        """Opens a stream. `room`: bytes that it lets wait before it counts as slow."""
        cursor = self._parser.last_id
        self._parser = Parser()
        self._parser.last_id = cursor
        self._waiting, self._closing, self._room = [], False, room
        self._stall(room < HUGE)
        self._tell(Opened(self._clock(), self.name, self.user, cursor))
        self.gateway, self.session = gateway, Session(self.user, self, address="simulated")
        gateway.open(self.session, parse(cursor) if cursor else None)

    def disconnect(self) -> None:
        """Its connection is gone, with whatever it has not read."""
        if self.gateway is None or self.session is None:
            return
        self.gateway.dispatcher.left(self.session)
        self._forget()

    def gateway_died(self) -> None:
        """As `disconnect`, but nobody is there to notice."""
        self._forget()

    def write(self, payload: Payload) -> bool:
        """As `Sink.write`."""
        self._waiting.append(payload.frames)
        return sum(map(len, self._waiting)) < self._room

    def close(self) -> None:
        """As `Sink.close`: what was written is read first."""
        self._closing = True

    def abort(self) -> None:
        """As `Sink.abort`."""
        self._closing = True
        self._waiting.clear()

    def read(self) -> None:
        """Reads what waits, then whatever that makes room for."""
        while self._waiting:
            waiting, self._waiting = self._waiting, []
            for data in waiting:
                for frame in self._parser.feed(data):
                    self._tell(_entry(self._clock(), self.name, frame))
            if self.gateway and self.session and self.session.full_since is not None and not self._closing:
                self.gateway.dispatcher.drained(self.session)
        if self._closing:
            self._forget()

    def _stall(self, slow: bool) -> None:
        if slow != self._slow:
            self._slow = slow
            self._tell(Stalled(self._clock(), self.name, slow))

    def _forget(self) -> None:
        if self.gateway is not None:
            self._tell(Closed(self._clock(), self.name))
        self.gateway = self.session = None
        self._waiting = []


def _entry(at: float, client: str, frame: Frame) -> Framed:
    data = json.loads(frame.data)
    if frame.event == "notification":
        return Framed(at, client, frame.event, frame.id, data["id"], data["event_id"], data["rule"], data["user"])
    return Framed(at, client, frame.event, frame.id, reason=data.get("reason", ""), count=data.get("count", 0))
