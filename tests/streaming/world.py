"""A log, a gateway's streams and their clients, without a loop, a socket or a clock: for tests that must see all.

Everything between the log and the clients is the real thing (`Dispatcher`, `Hub`, `Rewind`); a client parses the bytes
that it is sent as a browser does.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from tidings_gateway.core.cursor import Cursor, Malformed
from tidings_gateway.core.hub import Hub, Limits
from tidings_gateway.core.ladder import Marks
from tidings_gateway.core.reasons import Reset
from tidings_gateway.core.record import Message, Record
from tidings_gateway.core.session import Session
from tidings_gateway.core.window import Window
from tidings_gateway.counters import Counters
from tidings_gateway.dispatcher import Dispatcher
from tidings_gateway.rewind import Rewind
from tidings_gateway.sources.base import Bounds, Layout, starts_after
from tidings_gateway.transports.base import Payload
from tidings_schemas.partitioner import partition_of

from tests.streaming.whatwg import Dispatched, EventStreamParser

HUGE = 10**9
MARGIN = 20
PORTION = 40


@dataclass(frozen=True)
class Entry:
    """What the log holds at an offset."""

    offset: int
    user: str
    topic: str
    id: str
    size: int = 10
    collapse_key: str | None = None
    priority: str = "normal"
    expires_at: float | None = None

    def record(self) -> Record:
        """As the intake makes it."""
        data = json.dumps({"id": self.id}).encode()
        message = Message(
            "notification", self.id, data, self.user, self.topic, self.collapse_key, self.priority, self.expires_at
        )
        return Record(self.offset, self.user, self.topic, self.id.encode(), b"x" * self.size, lambda u, v: message)


@dataclass
class Partition:
    """One partition of the log. `published`: how far the gateway has read."""

    entries: list[Entry] = field(default_factory=list)
    low: int = 0
    published: int = 0

    @property
    def high(self) -> int:
        return len(self.entries)


class Client:
    """A client with `room` bytes before it is full; `take` reads what waits."""

    def __init__(self, world: "World", user: str, room: int) -> None:
        self.user = user
        self.room = room
        self.parser = EventStreamParser()
        self.events: list[Dispatched] = []
        self.closed = False
        self._world = world
        self._waiting: list[tuple[bytes, float]] = []
        self.session = Session(user, self, address="test")

    def write(self, payload: Payload) -> bool:
        """As `Sink.write`."""
        assert not self.closed, "written to after the end"
        self._waiting.append((payload.frames, self._world.now))
        return self.waiting < self.room

    def close(self) -> None:
        """As `Sink.close`."""
        self.closed = True

    def abort(self) -> None:
        """As `Sink.abort`."""
        self.closed = True

    @property
    def waiting(self) -> int:
        """Bytes that the client has not taken yet."""
        return sum(len(frames) for frames, _ in self._waiting)

    def take(self) -> list[tuple[Dispatched, float]]:
        """Reads what waits, then whatever that makes room for. Returns the new events and when each was written."""
        taken: list[tuple[Dispatched, float]] = []
        while self._waiting:
            waiting, self._waiting = self._waiting, []
            taken += [(event, written) for frames, written in waiting for event in self.parser.feed(frames)]
            if self.session.full_since is not None:
                self._world.dispatcher.drained(self.session)
        self.events += [event for event, _ in taken]
        return taken

    def ids(self) -> list[str]:
        """The notifications that it got, in order."""
        return [json.loads(event.data)["id"] for event in self.events if event.type == "notification"]

    def resets(self) -> list[str]:
        """Why it was reset, in order."""
        return [json.loads(event.data)["reason"] for event in self.events if event.type == "reset"]

    @property
    def cursor(self) -> str:
        """Its last event id."""
        return self.parser.last_event_id


class World:
    """A topic of `partitions` partitions and one gateway."""

    def __init__(
        self,
        partitions: int = 1,
        tail_records: int = 1000,
        reach: int = HUGE,
        marks: Marks | None = None,
        follows: Callable[[str, str], bool] = lambda user, topic: True,
    ) -> None:
        self.now = 1_000_000.0
        self.epoch = b"epoch1"
        self.log = [Partition() for _ in range(partitions)]
        self.reach = reach
        self.waiting: dict[int, set[Session]] = {}
        self.ahead: list[Session] = []
        limits = Limits(tail_records * 710, HUGE, 10_000, PORTION, marks or Marks(HUGE, HUGE, HUGE))
        self.counters = Counters()
        self.hub = Hub(limits, follows, changes=lambda topic: 0)  # who follows what does not change here
        self.dispatcher = Dispatcher(
            self.hub,
            self.counters,
            clock=lambda: self.now,
            rewind=self._rewind,
            settle=self.ahead.append,
            ended=lambda session: None,
            retry=lambda reason: 1234,
        )

    def start(self, back: int = HUGE) -> None:
        """The gateway learns of the topic, and reads from `back` records before its end on."""
        for part in self.log:
            part.published = max(part.low, part.high - back)
        self._lay_out()

    def append(self, user: str = "ann", id: str | None = None, topic: str = "", **more: object) -> list[Entry]:
        """Writes a notification to the log: a user's, or with a topic one for every partition."""
        made = []
        for partition in range(len(self.log)) if topic else [self.partition_of_user(user)]:
            part = self.log[partition]
            name = id or f"{partition}.{part.high}.{self.epoch[-1]}"
            entry = Entry(part.high, "" if topic else user, topic, name, **more)  # type: ignore[arg-type]
            part.entries.append(entry)
            made.append(entry)
        return made

    def partition_of_user(self, user: str) -> int:
        """Where a user's records go."""
        return partition_of(user, len(self.log))

    def pump(self, partition: int | None = None, count: int = HUGE) -> None:
        """The gateway reads up to `count` records more."""
        for number in range(len(self.log)) if partition is None else [partition]:
            part = self.log[number]
            if part.published < part.low:
                self._jump(number, part.low, Reset.EXPIRED)
            entries = part.entries[part.published : part.published + count]
            part.published += len(entries)
            self.dispatcher.publish(number, [entry.record() for entry in entries], part.published)

    def rewind(self, partition: int = 0, batch: int = 3, between: Callable[[], None] = lambda: None) -> None:
        """Serves those who wait for the log, in one read; `between` happens after each batch."""
        part, waiting = self.log[partition], self.waiting.get(partition, set())
        rewind = Rewind(self.dispatcher, partition, waiting, part.low, self.reach, MARGIN, Window(1000))
        while not rewind.done and rewind.at < part.high:
            if rewind.at < part.low:
                rewind.jump(part.low, Reset.EXPIRED)
            entries = part.entries[rewind.at : rewind.at + batch]
            rewind.take([entry.record() for entry in entries], rewind.at + len(entries))
            between()
        if not rewind.done:
            rewind.finish()

    def settle(self) -> None:
        """Tells those who are beyond the tail where the log ends."""
        sessions, self.ahead[:] = list(self.ahead), []
        for session in sessions:
            if session.partition < len(self.log):
                self.dispatcher.settled(session, self.log[session.partition].high)

    def connect(self, user: str = "ann", cursor: Cursor | Malformed | None = None, room: int = HUGE) -> Client:
        """Opens a stream."""
        client = Client(self, user, room)
        self.dispatcher.open(client.session, cursor, 1000)
        return client

    def disconnect(self, client: Client) -> None:
        """The client goes, with whatever it has not taken."""
        self.dispatcher.left(client.session)
        client.closed = True

    def recreate(self, partitions: int | None = None) -> None:
        """The topic is deleted and made again, and the gateway notices."""
        self.epoch = b"epoch" + bytes([self.epoch[-1] + 1])
        self.log = [Partition() for _ in range(partitions or len(self.log))]
        self._lay_out()

    def grow(self, partitions: int) -> None:
        """The topic gets more partitions, and the gateway notices."""
        self.log += [Partition() for _ in range(partitions - len(self.log))]
        self._lay_out()

    def cursor(self, offset: int, user: str = "ann") -> Cursor:
        """A cursor of this topic in the user's partition."""
        return Cursor(self.epoch, self.partition_of_user(user), offset)

    def _lay_out(self) -> None:
        begins = {number: part.published for number, part in enumerate(self.log)}
        bounds = {number: Bounds(part.low, part.high) for number, part in enumerate(self.log)}
        ends = {number: part.high for number, part in enumerate(self.log)}
        starts = starts_after(begins, bounds, MARGIN)
        waited = self._forget(self.waiting)
        self.dispatcher.lay_out(Layout(self.epoch, len(self.log), begins, starts, ends))
        self.dispatcher.resume(waited)

    def _jump(self, partition: int, start: int, reason: Reset) -> None:
        waited = self._forget([partition])
        self.log[partition].published = start
        self.dispatcher.jump(partition, start, reason)
        self.dispatcher.resume(waited)

    def _forget(self, partitions: Iterable[int]) -> set[Session]:
        return set().union(*(self.waiting.pop(partition, set()) for partition in list(partitions)))

    def _rewind(self, session: Session) -> None:
        self.waiting.setdefault(session.partition, set()).add(session)
