"""One client of a storm: keeps to what an EventSource does, and counts."""

import asyncio
import ssl
import time
from collections.abc import Callable

import orjson

from tidings_bench.sse import Frame
from tidings_bench.stream import Stream, request

from .plan import Target
from .tally import Tally

_RETRY_MS = 3000
_FINAL = (401, 403)
_PATH = "/v1/stream"
_HOPS = 3


class Client:
    """A user's stream, opened again whenever it ends.

    Args:
        where: the gateway.
        user: whose token it is, if that is known: for events that name their user.
        token: a JWT.
        tally: told of everything.
        tls: how to check the certificate; None without TLS.
    """

    def __init__(self, where: Target, user: str, token: str, tally: Tally, tls: ssl.SSLContext | None) -> None:
        self.user = user
        self._where = where
        self._token = token
        self._tally = tally
        self._tls = tls
        self._stream: Stream | None = None
        self._cursor = ""
        self._retry_ms = _RETRY_MS
        self._asked = 0
        self._gone: int | None = None
        self._ready = False

    async def run(self) -> None:
        """Until it is cancelled, or refused for good."""
        while await self._visit(self._where.base + _PATH):
            await asyncio.sleep(self._retry_ms / 1000)

    def drop(self) -> None:
        """The network cuts it off; it comes back when its `retry` says."""
        if self._stream is not None and self._ready:
            self._tally.dropped += 1
            self._stream.close()

    async def _visit(self, path: str, hops: int = _HOPS) -> bool:
        """One connection; whether to come again."""
        self._asked = time.perf_counter_ns()
        try:
            stream = await self._connect(path)
        except OSError as error:
            self._tally.errors[_kind(error)] += 1
            return True
        try:
            await stream.closed
        finally:
            stream.close()
            self._left(stream)
        if stream.status in (307, 308):
            return await self._sent_on(stream.location, hops)
        if stream.status != 200:
            self._tally.errors[f"status {stream.status}" if stream.status else "closed without an answer"] += 1
        return stream.status not in _FINAL

    async def _sent_on(self, location: str, hops: int) -> bool:
        path = self._where.follow(location)
        if path is None or not hops:
            self._tally.errors["redirect to a host that was not named"] += 1
            return False
        return await self._visit(path, hops - 1)

    async def _connect(self, path: str) -> Stream:
        asked = request(path, self._token, self._cursor or None, self._where.name)
        make: Callable[[], Stream] = lambda: Stream(asked, self._take)  # noqa: E731
        _, stream = await asyncio.get_running_loop().create_connection(
            make, self._where.host, self._where.port, ssl=self._tls
        )
        self._stream = stream
        return stream

    def _left(self, stream: Stream) -> None:
        if stream.status == 200:
            self._tally.ended(self._ready)
        if self._ready:
            self._gone = time.perf_counter_ns()
        if stream.parser.retry_ms is not None:
            self._retry_ms = stream.parser.retry_ms
        self._cursor = stream.parser.last_id or self._cursor
        self._stream, self._ready = None, False

    def _take(self, frame: Frame) -> None:
        if frame.event == "notification":
            self._tally.notifications += 1
            self._measure(frame.data)
        elif frame.event == "ready" and not self._ready:
            now = time.perf_counter_ns()
            away = None if self._gone is None else now - self._gone
            self._ready = True
            self._tally.became_ready(now - self._asked, away, bool(orjson.loads(frame.data)["resumed"]))
        elif frame.event == "bye":
            self._tally.byes[orjson.loads(frame.data)["reason"]] += 1
        elif frame.event == "reset":
            self._tally.resets[orjson.loads(frame.data)["reason"]] += 1

    def _measure(self, data: str) -> None:
        number, _, sent_ns = str(orjson.loads(data).get("body")).partition(" ")
        if number.isdigit() and sent_ns.isdigit():
            self._tally.came(self.user, int(number), max(0, time.time_ns() - int(sent_ns)))


def _kind(error: OSError) -> str:
    return error.strerror.lower() if error.strerror else type(error).__name__
