"""The streams, as the rest of the gateway sees them.

streams = Streams(source, codec, StreamSettings(), time.time, follows)
await streams.start()  # in the lifespan; returns once the tails are primed
return streams.response(user, last_event_id, expires_at)  # from `GET /v1/stream`
await streams.stop()
"""

import asyncio
import random
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import orjson
import structlog
from tidings_schemas.codec import Codec

from .core.admission import Admission, Caps
from .core.audience import Changes, Follows
from .core.cursor import Cursor, Malformed, parse
from .core.hub import Hub, Limits
from .core.ladder import Marks
from .core.reasons import Bye
from .core.session import Session
from .core.shards import Shards
from .core.shared import Personal
from .counters import Counters
from .decoder import Decoder
from .dispatcher import Dispatcher
from .inboxes import Inboxes, Kept, as_json
from .intake import Intake
from .placement import Placement
from .pump import Pump
from .rewinder import Rewinder
from .sources.base import Source
from .stream_settings import StreamSettings
from .ticker import Ticker
from .transports.collect import Collected, CollectingSink
from .transports.native_fanout import chosen, transcoder
from .transports.response import BoundSink, StreamResponse

log = structlog.get_logger(__name__)

STREAM_PATH = "/v1/stream"
_START_S = 30.0  # to prime the tails; after that the process is up, but not ready
_POLL_ROOM = 1024 * 1024
_SNAPSHOT_ROOM = 8 * 1024 * 1024


class Elsewhere(LookupError):
    """The user's partition belongs to another gateway. `address`: of that gateway, if it is known."""

    def __init__(self, text: str, address: str | None = None) -> None:
        super().__init__(text)
        self.address = address


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A user's inbox at `cursor`. `notifications`: JSON objects as on the stream and `state`, newest first."""

    cursor: str
    unread: int
    notifications: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Waited:
    """What a long poll brought: JSON objects as on the stream. `reset` says why `cursor` could not be honoured."""

    cursor: str
    notifications: list[dict[str, Any]]
    read_states: list[dict[str, Any]]
    reset: str | None = None


class Streams:
    """Every open stream of this process over one shared source.

    Args:
        source: where records come from; this object starts and closes it.
        codec: decodes notifications and read states.
        settings: limits.
        clock: unix seconds.
        follows: `(user, topic) -> bool`, for records shared by all followers of a topic.
        personal: makes a shared notification a follower's own.
        shards: which gateway serves whom; None: this one serves all.
        changes: when to ask `follows` anew; see `Changes`.

    Raises:
        NotBuilt: the settings insist on the native loop, and it cannot be had.
    """

    def __init__(
        self,
        source: Source,
        codec: Codec,
        settings: StreamSettings,
        clock: Callable[[], float],
        follows: Follows = lambda user, topic: False,
        personal: Personal = lambda user, shared: shared.message_of(user, "en", "UTC"),
        shards: Shards | None = None,
        changes: Changes | None = None,
    ) -> None:
        self.counters = Counters()
        self.draining = False
        self._source = source
        self._settings = settings
        decoder = Decoder(codec, self._count_undecodable, transcoder(settings.native))
        self._hub = Hub(_limits(settings), follows, decoder.frame, changes)
        intake = Intake(decoder, personal)
        self._dispatcher = Dispatcher(
            self._hub,
            self.counters,
            clock,
            self._rewind,
            self._settle,
            self._ended,
            self._retry,
            self._stream_url,
            chosen(settings.native),
        )
        self._rewinder = Rewinder(source, self._dispatcher, intake, settings, clock)
        self._pump = Pump(source, self._dispatcher, self._rewinder, intake)
        self._placement = Placement(shards, source, self._hub, self._pump)
        self._ticker = Ticker(self._dispatcher, settings, clock)
        self._admission = Admission(Caps(settings.per_user, settings.per_address, settings.total))
        self._inboxes = Inboxes()
        self._clock = clock

    @property
    def ready(self) -> bool:
        """Whether the tails are primed and no drain has begun."""
        return self._pump.primed.is_set() and not self.draining

    async def start(self) -> None:
        """Starts the source and waits until the tails are primed, or for half a minute."""
        self._pump.start()
        self._ticker.start()
        try:
            async with asyncio.timeout(_START_S):
                await self._pump.primed.wait()
        except TimeoutError:
            log.warning("the log is not read to its end yet; not ready", seconds=_START_S)

    async def stop(self) -> None:
        """Ends what streams are left with `bye` at once and closes the source."""
        self.draining = True
        for session in list(self._hub.sessions()):
            self._dispatcher.end(session, Bye.DRAIN)
        await self._pump.stop()
        await self._rewinder.stop()
        await self._ticker.stop()
        await self._source.close()

    async def drain(self, seconds: float | None = None) -> None:
        """Ends the streams over a window of `seconds` (default: the settings'), each with its own `retry`.

        All at once, their reconnections would hit the other gateways in one wave.
        """
        self.draining = True
        window = self._settings.drain if seconds is None else seconds
        sessions = list(self._hub.sessions())
        random.shuffle(sessions)
        loop = asyncio.get_running_loop()
        begin = loop.time()
        for number, session in enumerate(sessions):
            due = begin + window * (number + random.random()) / len(sessions)
            if due > loop.time():
                await asyncio.sleep(due - loop.time())
            self._dispatcher.end(session, Bye.DRAIN)

    def response(self, user: str, last_event_id: str | None = None, expires_at: float | None = None) -> StreamResponse:
        """The response that streams to one client. `expires_at`: unix seconds at which its token ends."""

        def open(sink: BoundSink, address: str) -> None:
            self._open(Session(user, sink, expires_at, address), last_event_id)

        limits = self._settings
        return StreamResponse(
            lambda: self._until_known(user), open, limits.write_buffer, limits.stall, compress=limits.gzip
        )

    async def elsewhere(self, user: str) -> str | None:
        """The address of the gateway that serves the user; None: this one."""
        await self._until_known(user)
        return self._placement.elsewhere(user)

    def colleague(self, user: str) -> int | None:
        """See `Placement.colleague`; call it after `elsewhere`, which waits until that is known."""
        return self._placement.colleague(user)

    def move(self, moves: Mapping[int, int]) -> None:
        """See `Placement.move`: the streams of partitions that go elsewhere end by `bye` with `moved`."""
        self._placement.move(moves)

    async def snapshot(self, user: str, limit: int = 50) -> Snapshot:
        """The user's inbox: from memory, and where that is too short from the log.

        Raises:
            Elsewhere: the user's partition belongs to another gateway.
            BrokerUnavailable: the log is needed and does not answer.
        """
        await self._until_known(user)
        self._demand(user)
        partition = self._hub.partition_of(user)
        start = self._inboxes.position(user, self._hub.epoch, partition) or await self._floor(partition)
        kept, whole = await self._keep_up(user, start)
        while not whole:
            kept, whole = await self._keep_up(user, kept.cursor)
        items = kept.inbox.items(self._clock())
        return Snapshot(str(kept.cursor), sum(i.is_new for i in items), [as_json(item) for item in items[:limit]])

    async def wait(self, user: str, cursor: str, seconds: float) -> Waited:
        """What came after `cursor`; waits up to `seconds` for something to come.

        Raises:
            Elsewhere: the user's partition belongs to another gateway.
        """
        sink = CollectingSink(_POLL_ROOM)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._until_known(user)
                self._demand(user)
                await self._watch(user, parse(cursor), sink, sink.until_message)
        collected = sink.collected
        documents = [(event, orjson.loads(data)) for event, data in collected.messages]
        return Waited(
            collected.cursor or cursor,
            [document for event, document in documents if event == "notification"],
            [document for event, document in documents if event == "read-state"],
            orjson.loads(collected.reset)["reason"] if collected.reset else None,
        )

    def disconnect(self, user: str) -> int:
        """Ends the user's streams (`bye`, `token-expired`). Returns how many there were."""
        lane = self._hub.lanes.get(self._hub.partition_of(user)) if self._hub.count else None
        sessions = [session for session in (lane.of(user) if lane else ()) if session.address is not None]
        for session in sessions:
            self._dispatcher.end(session, Bye.TOKEN_EXPIRED)
        return len(sessions)

    def _open(self, session: Session, last_event_id: str | None) -> None:
        refusal = self._refusal(session)
        if refusal is not None:
            self._dispatcher.refuse_entry(session, refusal)
            return
        session.sink.bind(session, self._dispatcher)
        self._ticker.add(session)
        self.counters.open += 1
        self.counters.opened += 1
        retry = round(1000 * self._settings.retry * random.uniform(0.5, 1.5))
        self._dispatcher.open(session, parse(last_event_id) if last_event_id else None, retry)

    def _refusal(self, session: Session) -> Bye | None:
        if self.draining:
            return Bye.DRAIN
        if self._pump.primed.is_set() and not self._placement.serves(session.user):
            return Bye.MOVED
        if not self._pump.primed.is_set() or not self._admission.enter(session.user, session.address or ""):
            return Bye.LIMIT
        return None

    def _ended(self, session: Session) -> None:
        if session.address is not None:
            self.counters.open -= 1
            self._admission.leave(session.user, session.address)
            self._ticker.remove(session)

    async def _until_known(self, user: str) -> None:
        await self._placement.until_known(user, _START_S)

    def _demand(self, user: str) -> None:
        if not self._placement.serves(user):
            raise self._elsewhere(user)

    def _elsewhere(self, user: str) -> Elsewhere:
        return Elsewhere(f"user {user!r} is not served here", self._placement.elsewhere(user))

    def _stream_url(self, user: str) -> str | None:
        address = self._placement.elsewhere(user)
        return None if address is None else address + STREAM_PATH

    async def _keep_up(self, user: str, start: Cursor) -> tuple[Kept, bool]:
        """The inbox, brought on from `start` as far as there was room for in one go; whether that was all."""
        collected = await self._collect(user, start)
        if collected.reset:  # retention or a new topic came between: what memory holds is what there is
            self._inboxes.forget(user)
            start = Cursor(self._hub.epoch, start.partition, self._hub.lanes[start.partition].tail.start)
            collected = await self._collect(user, start)
        kept = self._inboxes.keep_up(user, start, collected.messages, collected.cursor)
        return kept, collected.ready or collected.over or not collected.messages

    async def _collect(self, user: str, start: Cursor) -> Collected:
        sink = CollectingSink(_SNAPSHOT_ROOM)
        await self._watch(user, start, sink, sink.until_caught_up)
        return sink.collected

    async def _watch(self, user: str, start: Cursor | Malformed, sink: CollectingSink, until: Any) -> None:
        session = Session(user, sink)
        if not self._dispatcher.open(session, start, 0):
            raise self._elsewhere(user)
        try:
            await until()
        finally:
            self._dispatcher.left(session)

    async def _floor(self, partition: int) -> Cursor:
        tail = self._hub.lanes[partition].tail
        low = tail.start and (await self._source.bounds(partition)).low
        reach = self._settings.rewind_events * 9 // 10  # the log grows while it is read
        return Cursor(self._hub.epoch, partition, max(low, tail.end - reach) if low < tail.start else tail.start)

    def _rewind(self, session: Session) -> None:
        self._rewinder.add(session)

    def _settle(self, session: Session) -> None:
        self._pump.settle(session)

    def _count_undecodable(self) -> None:
        self.counters.undecodable += 1

    def _retry(self, reason: Bye) -> int:
        window = self._settings.limit_retry if reason is Bye.LIMIT else self._settings.drain_retry
        return round(1000 * random.uniform(*window))


def _limits(settings: StreamSettings) -> Limits:
    marks = Marks(settings.conflate_above, settings.summarise_above, settings.reset_above)
    return Limits(settings.tail_bytes, settings.tail_age, settings.dedupe_window, settings.write_buffer, marks)
