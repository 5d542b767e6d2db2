"""One client over a bare socket, which comes back as a browser's EventSource does, and records all that it sees."""

import asyncio
from collections.abc import Callable, Iterator
from time import monotonic
from typing import Any

import httpx
import orjson
from tidings_bench.sse import Frame
from tidings_bench.stream import Stream, request

from .core.history import Closed, Framed, Opened, Snapshot, Stalled
from .recorder import Recorder

#: Heartbeats come every 15 s: after so long without a byte the connection is dead, and a client gives it up.
_SILENCE_S = 40.0
_CONNECT_S = 5.0
_RETRY_S = 1.0  # until a stream says otherwise
_LONGEST_RETRY_S = 5.0  # a browser waits as long as it is told to; a run has less time


class _Listening(Stream):
    """A stream that knows when it last heard something."""

    def __init__(self, sent: bytes, on_frame: Callable[[Frame], None]) -> None:
        super().__init__(sent, on_frame)
        self.heard = monotonic()

    def data_received(self, data: bytes) -> None:
        self.heard = monotonic()
        super().data_received(data)


class Device:
    """A user's client.

    Args:
        name: the client's, in the history.
        addresses: where to connect, one after another.
        lasting: whether it stays until the end, and so is owed everything.

    Attributes:
        seen: event ids that it was told of.
        ready: whether it has all its history just now.
    """

    def __init__(
        self,
        name: str,
        user: str,
        token: str,
        addresses: Iterator[tuple[str, int]],
        recorder: Recorder,
        lasting: bool = True,
    ) -> None:
        self.name, self.user = name, user
        self.seen: set[str] = set()
        self.ready = False
        self._token = token
        self._addresses = addresses
        self._recorder = recorder
        self._lasting = lasting
        self._last_id = ""
        self._retry_s = _RETRY_S
        self._stream: _Listening | None = None
        self._stalled = False
        self._errands: set[asyncio.Task[None]] = set()
        self._life: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Connects, and stays connected."""
        self._life = asyncio.create_task(self._live())

    async def end(self) -> None:
        """Goes for good."""
        for task in [self._life, *self._errands]:
            if task is not None:
                task.cancel()
        await asyncio.gather(*filter(None, [self._life, *self._errands]), return_exceptions=True)

    def hang_up(self) -> None:
        """Loses its connection, and comes back."""
        if self._stream is not None:
            self._stream.close()

    def stall(self) -> None:
        """Stops reading."""
        if self._stream is not None and self._stream.transport is not None:
            self._stalled = True
            self._recorder.add(Stalled(self._recorder.now(), self.name, True))
            self._stream.transport.pause_reading()

    def read_on(self) -> None:
        """Reads again."""
        if not self._stalled:
            return
        self._stalled = False
        stream = self._stream
        if stream is not None and stream.transport is not None and not stream.transport.is_closing():
            stream.heard = monotonic()
            stream.transport.resume_reading()
        self._recorder.add(Stalled(self._recorder.now(), self.name, False))

    async def _live(self) -> None:
        while True:
            await self._connection()
            self.ready = False
            await asyncio.sleep(min(self._retry_s, _LONGEST_RETRY_S))

    async def _connection(self) -> None:
        address = next(self._addresses)
        self._recorder.add(Opened(self._recorder.now(), self.name, self.user, self._last_id, self._lasting))
        try:
            stream = await self._connect(address)
        except (OSError, TimeoutError):
            self._recorder.add(Closed(self._recorder.now(), self.name, 0))
            return
        self._stream = stream
        try:
            while not stream.closed.done():
                await asyncio.wait([stream.closed], timeout=1.0)
                if not self._stalled and monotonic() - stream.heard > _SILENCE_S:
                    stream.close()
        finally:
            stream.close()
            self._stream = None
            self._last_id = stream.parser.last_id
            self._recorder.add(Closed(self._recorder.now(), self.name, stream.status))

    async def _connect(self, address: tuple[str, int]) -> _Listening:
        sent = request("/v1/stream", self._token, self._last_id or None)
        loop = asyncio.get_running_loop()
        opening = loop.create_connection(lambda: _Listening(sent, lambda f: self._take(f, address)), *address)
        async with asyncio.timeout(_CONNECT_S):  # `wait_for` loses a cancellation that comes just when it succeeds
            _, stream = await opening
        stream.parser.last_id = self._last_id
        return stream

    def _take(self, frame: Frame, address: tuple[str, int]) -> None:
        if self._stream is not None and self._stream.parser.retry_ms is not None:
            self._retry_s = self._stream.parser.retry_ms / 1000
        data: dict[str, Any] = orjson.loads(frame.data)
        made = _entry(self._recorder.now(), self.name, frame, data)
        self._recorder.add(made)
        if frame.event == "notification":
            self.seen.add(made.event_id)
        elif frame.event == "ready":
            self.ready = True
        elif frame.event in ("reset", "summary"):
            self._errand(address)

    def _errand(self, address: tuple[str, int]) -> None:
        task = asyncio.create_task(self._fetch_inbox(address))
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)

    async def _fetch_inbox(self, address: tuple[str, int]) -> None:
        """What a page does when it is told that something is left out."""
        url = f"http://{address[0]}:{address[1]}/v1/notifications?limit=500"
        headers = {"Authorization": f"Bearer {self._token}"}
        async with httpx.AsyncClient(timeout=10, trust_env=False) as http:
            while True:
                try:
                    answer = await http.get(url, headers=headers)
                    if answer.status_code == httpx.codes.OK:
                        break
                except httpx.HTTPError:
                    pass
                await asyncio.sleep(_RETRY_S)
        ids = tuple(one["event_id"] for one in answer.json()["notifications"])
        self.seen |= set(ids)
        self._recorder.add(Snapshot(self._recorder.now(), self.name, ids))


def _entry(at: float, client: str, frame: Frame, data: dict[str, Any]) -> Framed:
    """A frame as the history keeps it."""
    if frame.event == "notification":
        told = data["id"], data["event_id"], data["rule"], data["user"]
        return Framed(at, client, frame.event, frame.id, *told)
    return Framed(
        at, client, frame.event, frame.id, reason=str(data.get("reason", "")), count=int(data.get("count", 0))
    )
