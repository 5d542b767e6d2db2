"""The response of `GET /v1/stream`: opens a stream by the best way that the server offers."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from starlette.datastructures import Address
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from tidings_gateway.core.session import Session

from . import fast, gzip, sse
from .base import Sink

#: `no-transform` and `X-Accel-Buffering` keep proxies from buffering; the rest is for whatever looks at a response.
HEADERS = {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store, no-transform",
    "x-accel-buffering": "no",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-site",
}


class BoundSink(Sink, Protocol):
    """A sink that wants to know its session."""

    def bind(self, session: Session, listener: fast.Listener) -> None:
        """Says whose frames these are."""


class StreamResponse(Response):
    """One client's stream.

    Args:
        ready: waits until streams can be opened.
        open: takes the sink and the client's address, and begins to write; it may also end the stream at once.
        write_buffer: bytes that may wait in the sink of the portable way.
        send_timeout: seconds that a client may take nothing, on the portable way.
        compress: with gzip, for a client that accepts it.
    """

    def __init__(
        self,
        ready: Callable[[], Awaitable[None]],
        open: Callable[[BoundSink, str], None],
        write_buffer: int,
        send_timeout: float,
        compress: bool = False,
    ) -> None:
        super().__init__(headers=HEADERS)
        del self.headers["content-length"]
        self._ready = ready
        self._open = open
        self._write_buffer = write_buffer
        self._send_timeout = send_timeout
        self._compress = compress

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        compress = self._compress and gzip.accepted(scope)
        if compress:
            self.headers["content-encoding"] = "gzip"
        start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        if scope["method"] == "HEAD":
            await send(start)
            await send({"type": "http.response.body", "body": b""})
            return
        address = Address(*scope["client"]).host if scope.get("client") else ""
        await self._ready()

        def open(sink: BoundSink) -> None:
            self._open(gzip.GzipSink(sink) if compress else sink, address)

        offer = fast.offered(scope)
        if offer is not None:
            await fast.serve(offer, start, send, open)
            return
        sink = sse.EventSourceSink(self._write_buffer)
        request = (scope, receive, send)
        await sse.serve(sink, dict(self.headers), self._send_timeout, request, open)
