"""The portable way: sse-starlette's `EventSourceResponse`, on any ASGI server. Its only importer."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import anyio
from sse_starlette.sse import AppStatus, EventSourceResponse, SendTimeoutError
from starlette.types import Receive, Scope, Send

from tidings_gateway.core.session import Session

from .base import Payload
from .fast import Listener

# It would cut every stream off at SIGTERM, without `bye` and all in the same moment; our drain ends them.
AppStatus.disable_automatic_graceful_drain()  # type: ignore[no-untyped-call]


class EventSourceSink:
    """Frames on their way into an `EventSourceResponse`.

    Args:
        room: bytes that may wait here; what the server holds comes on top.
    """

    def __init__(self, room: int) -> None:
        self._room = room
        self._waiting: list[bytes] = []
        self._size = 0
        self._full = False
        self._closed = False
        self._wake = asyncio.Event()
        self._session: Session | None = None
        self._listener: Listener | None = None
        self._cancel: Callable[[], object] | None = None

    def bind(self, session: Session, listener: Listener) -> None:
        """Says whose frames these are."""
        self._session, self._listener = session, listener

    def write(self, payload: Payload) -> bool:
        """As `Sink.write`."""
        self._waiting.append(payload.frames)
        self._size += len(payload.frames)
        self._wake.set()
        self._full = self._size > self._room
        return not self._full

    def close(self) -> None:
        """As `Sink.close`."""
        self._closed = True
        self._wake.set()

    def abort(self) -> None:
        """As `Sink.abort`."""
        self.close()
        self._waiting.clear()
        if self._cancel is not None:
            self._cancel()

    async def frames(self) -> AsyncIterator[bytes]:
        """What was written, merged; asks for more when the server has taken it."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            data, closed = b"".join(self._waiting), self._closed
            self._waiting.clear()
            self._size = 0
            if data:
                yield data
            if closed:
                return
            if self._full and not self._waiting and self._session is not None and self._listener is not None:
                self._full = False
                self._listener.drained(self._session)

    async def run(self, response: EventSourceResponse, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves until the client goes, the stream is closed, or `abort`."""
        try:
            with anyio.CancelScope() as cancel_scope:
                self._cancel = cancel_scope.cancel
                await response(scope, receive, send)
        except SendTimeoutError:
            if self._session is not None and self._listener is not None:
                self._listener.stalled(self._session)
        finally:
            self._cancel = None
            if self._session is not None and self._listener is not None:
                session, self._session = self._session, None
                self._listener.left(session)


async def serve(
    sink: EventSourceSink,
    headers: Mapping[str, str],
    send_timeout: float,
    request: tuple[Scope, Receive, Send],
    open: Callable[[Any], None],
) -> None:
    """Hands `sink` to `open` and serves it. `send_timeout`: seconds that the client may take nothing."""
    open(sink)
    response = EventSourceResponse(sink.frames(), headers=dict(headers), ping=0, send_timeout=send_timeout)
    await sink.run(response, *request)
