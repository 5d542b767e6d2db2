"""A small application around the streams, for tests that need sockets. As a program it serves until it is told to end.

python -m tests.streaming.app DRAIN_SECONDS    # prints its port
"""

import contextlib
import sys
import time
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from tidings_gateway import server, sockets
from tidings_gateway.sources.base import Source
from tidings_gateway.sources.memory import MemorySource
from tidings_gateway.stream_settings import StreamSettings
from tidings_gateway.streams import Streams
from tidings_schemas.codec import Codec

from tests.streaming.build import CODEC, notification


class StampingMiddleware:
    """Adds a header to each response, as an application's own middleware may."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def stamped(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), (b"x-stamp", b"seen")]
            await send(message)

        await self._app(scope, receive, stamped)


class Gateway:
    """Streams over a log, by default one in memory, and routes to reach them."""

    def __init__(self, settings: StreamSettings, source: Source | None = None, codec: Codec = CODEC) -> None:
        self.memory = MemorySource(2)
        self.streams = Streams(source or self.memory, codec, settings, time.time, lambda user, topic: True)
        self._published = 0
        self.app = StampingMiddleware(
            Starlette(
                routes=[
                    Route("/stream", self._stream, methods=["GET", "HEAD"]),
                    Route("/publish", self._publish, methods=["POST"]),
                    Route("/state", self._state),
                ],
                lifespan=self._lifespan,
            )
        )

    def publish(self, user: str, title: str = "a title", **more: object) -> str:
        """Writes a notification to the log in memory, for a user or, without one, for all. Returns its id."""
        self._published += 1
        id = str(self._published)
        value = notification(id, user, None if user else "topic", title, **more)  # type: ignore[arg-type]
        if user:
            self.memory.publish(user, value)
        else:
            self.memory.share(value)
        return id

    @contextlib.asynccontextmanager
    async def _lifespan(self, app: Starlette) -> AsyncIterator[None]:
        await self.streams.start()
        yield
        await self.streams.stop()

    async def _stream(self, request: Request) -> Response:
        query = request.query_params
        expires_at = time.time() + float(query["lives"]) if "lives" in query else None
        return self.streams.response(query.get("user", "ann"), request.headers.get("last-event-id"), expires_at)

    async def _publish(self, request: Request) -> Response:
        body = await request.json()
        return JSONResponse([self.publish(user, body["title"]) for user in body["users"]])

    async def _state(self, request: Request) -> Response:
        counters = self.streams.counters
        return JSONResponse(
            {"open": counters.open, "ready": self.streams.ready, "closed": counters.closed, "rewinds": counters.rewinds}
        )


def main() -> None:
    """Serves until SIGTERM."""
    gateway = Gateway(StreamSettings(per_user=10_000, per_address=10_000))
    listener = sockets.listen("127.0.0.1", 0)
    print(listener.getsockname()[1], flush=True)
    server.run(gateway.app, gateway.streams, listener, float(sys.argv[1]))


if __name__ == "__main__":
    main()
