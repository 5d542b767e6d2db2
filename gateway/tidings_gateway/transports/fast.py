"""The fast way: frames go straight to the server's transport. No task, no queue, no coroutine a stream.

The server offers it (`StreamProtocol` in protocol.py puts itself in the ASGI scope's extensions). The response begins
as any ASGI response, so middleware adds its headers; then the connection is taken from the server's hands.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

from starlette.types import Message, Scope, Send

from tidings_gateway.core.session import Session
from tidings_gateway.frames import COMMENT, LAST_CHUNK

from .base import Payload

#: The name under which the server offers itself in `scope["extensions"]`.
EXTENSION = "tidings.stream"
_FLUSH_TURNS = 1000


class Listener(Protocol):
    """Who wants to know what becomes of a stream."""

    def drained(self, session: Session) -> None:
        """The client has room again."""

    def left(self, session: Session) -> None:
        """The client has gone."""

    def stalled(self, session: Session) -> None:
        """The client has taken nothing for too long."""


class Offer(Protocol):
    """A server's end of one connection."""

    @property
    def begun(self) -> bool:
        """Whether the response's head has been written."""

    def detach(self) -> "FastSink | None":
        """Takes the connection from the server, whose response has begun. None when the client has gone."""


class FastSink:
    """One connection's transport, which frames go to as HTTP chunks.

    Attributes:
        socket: the transport's descriptor; -1 where bytes must not go around it.
        written: whether something was written that may still wait in the transport.
        paused: whether the client takes nothing just now.
    """

    __slots__ = ("_listener", "_session", "_transport", "_waiting", "_write", "paused", "socket", "written")

    def __init__(self, transport: asyncio.WriteTransport) -> None:
        self._transport = transport
        self._write = transport.write
        self._waiting = transport.get_write_buffer_size
        self.socket = _descriptor(transport)
        self.written = True  # the response's head
        self._session: Session | None = None
        self._listener: Listener | None = None
        self.paused = False

    def bind(self, session: Session, listener: Listener) -> None:
        """Says whose frames these are."""
        self._session, self._listener = session, listener

    def write(self, payload: Payload) -> bool:
        """As `Sink.write`. The transport says by `pause_writing`, during the call, that its buffer is full."""
        self.written = True
        self._write(payload.chunked)
        return not self.paused

    def descriptor(self) -> int:
        """The socket, if what is sent to it now follows all that was written; else -1.

        It is the transport's own and open for as long as a session has this sink: `lost` comes before it is closed.
        """
        if self.written:
            if self._waiting():
                return -1
            self.written = False
        return self.socket

    def write_rest(self, payload: Payload, taken: int) -> bool:
        """As `write`, after the socket itself has taken the first bytes."""
        self.written = True
        self._write(payload.chunked[taken:])
        return not self.paused

    def close(self) -> None:
        """As `Sink.close`."""
        self._transport.write(LAST_CHUNK)
        self._transport.close()

    def abort(self) -> None:
        """As `Sink.abort`."""
        self._transport.abort()

    def resume(self) -> None:
        """The transport has room again."""
        self.paused = False
        if self._listener is not None and self._session is not None:
            self._listener.drained(self._session)

    def lost(self) -> None:
        """The connection is closed."""
        if self._listener is not None and self._session is not None:
            session, self._session = self._session, None
            self._listener.left(session)


def _descriptor(transport: asyncio.WriteTransport) -> int:
    """-1 where bytes must not go around the transport: over TLS, or without a socket."""
    socket = transport.get_extra_info("socket")
    encrypted = transport.get_extra_info("sslcontext") is not None
    return -1 if socket is None or encrypted else int(socket.fileno())


def offered(scope: Scope) -> Offer | None:
    """What the server offers for this request; HTTP/1.0 knows no chunks."""
    if scope.get("http_version") != "1.1":
        return None
    offer: Offer | None = (scope.get("extensions") or {}).get(EXTENSION)
    return offer


async def serve(offer: Offer, start: Message, send: Send, open: Callable[[Any], None]) -> None:
    """Begins the response with `start`, takes the connection and hands its sink to `open`. Returns at once.

    Raises:
        RuntimeError: a middleware holds the head back.
    """
    await send(start)
    if not offer.begun:
        await _flush(offer, send)
    sink = offer.detach()
    if sink is not None:
        open(sink)


async def _flush(offer: Offer, send: Send) -> None:
    """Some middleware passes the head on later (Starlette's `BaseHTTPMiddleware`), or with the first of the body."""
    await send({"type": "http.response.body", "body": COMMENT, "more_body": True})
    for _ in range(_FLUSH_TURNS):
        if offer.begun:
            return
        await asyncio.sleep(0.001)
    raise RuntimeError("a middleware holds a stream's head back: exempt text/event-stream from it")
