"""Gateways in this process: over a log in memory, or over a real Kafka, each behind a real socket."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI
from httpx_sse import EventSource, ServerSentEvent
from tidings_gateway.app import create_app, running
from tidings_gateway.auth.development import DevelopmentIssuer
from tidings_gateway.server import GatewayServer, configure
from tidings_gateway.settings import GatewaySettings
from tidings_gateway.sockets import listen
from tidings_gateway.sources.memory import MemorySource
from tidings_gateway.stream_settings import StreamSettings
from tidings_schemas import Notification
from tidings_schemas.catalogue import load
from tidings_schemas.codec import Codec, FixedSchemas

CATALOGUE = load()
CODEC = Codec(CATALOGUE, FixedSchemas(CATALOGUE))
NOWHERE = "127.0.0.1:1"
FAST = StreamSettings(retry=0.05, drain=0.2, drain_retry=(0.01, 0.05))


@dataclass(frozen=True)
class Gateway:
    """A gateway that serves.

    Attributes:
        url: where.
        source: its log, if that lies in memory.
    """

    app: FastAPI
    url: str
    settings: GatewaySettings
    source: MemorySource

    @property
    def origin(self) -> str:
        """The origin of its own page."""
        return f"http://127.0.0.1:{self.settings.port}"

    def token(self, user: str = "passenger-1", roles: tuple[str, ...] = (), ttl_s: int = 600) -> str:
        """A valid token."""
        issuer = self.app.state.services.auth.issuer
        assert isinstance(issuer, DevelopmentIssuer)
        return issuer.issue(user, roles, ttl_s, time.time())

    def client(self, user: str | None = "passenger-1", *roles: str, **headers: str) -> httpx.AsyncClient:
        """A client with a bearer token of the user; None: without."""
        bearer = {"authorization": f"Bearer {self.token(user, roles)}"} if user else {}
        # verify: there is no TLS here, and reading all certificate authorities for each client takes long.
        return httpx.AsyncClient(base_url=self.url, headers=bearer | headers, timeout=20, verify=False)

    def publish(self, user: str, text: str) -> None:
        """Puts a notification into the log in memory."""
        value = CODEC.encode(Notification.avro_name, notification(user, text).to_avro())
        self.source.publish(user, value, int(time.time() * 1000))


def settings(folder: Path, **more: Any) -> GatewaySettings:
    """Settings for one test, whose development key lies in `folder`."""
    given: dict[str, Any] = {"dev_key_file": folder / "dev-jwt.key", "bootstrap_servers": NOWHERE, "port": 0}
    return GatewaySettings(_env_file=None, **given | more)


@contextlib.asynccontextmanager
async def in_memory(given: GatewaySettings, partitions: int = 4) -> AsyncIterator[Gateway]:
    """A gateway whose notifications lie in memory, and which has no Kafka."""
    source = MemorySource(partitions)
    async with _listening(given, source, CODEC) as gateway:
        services = gateway.app.state.services
        services.writer.start()
        await services.streams.start()
        try:
            yield gateway
        finally:
            await services.streams.stop()
            await services.writer.close()


@contextlib.asynccontextmanager
async def on_kafka(given: GatewaySettings) -> AsyncIterator[Gateway]:
    """A gateway whose follows, preferences, events and receipts lie in Kafka, its views restored."""
    async with _listening(given, MemorySource(), None) as gateway, running(gateway.app.state.services):
        while gateway.app.state.services.views.restoring():
            await asyncio.sleep(0.02)
        yield gateway


@contextlib.asynccontextmanager
async def _listening(given: GatewaySettings, source: MemorySource, codec: Codec | None) -> AsyncIterator[Gateway]:
    listener = listen("127.0.0.1", 0)
    port = listener.getsockname()[1]
    here = given.model_copy(update={"port": port})
    app = create_app(here, source, codec, FAST)
    server = GatewayServer(configure(app, lifespan="off", loop="asyncio"), app.state.services.streams)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield Gateway(app, f"http://127.0.0.1:{port}", here, source)
    finally:
        server.should_exit = True
        await serving
        listener.close()


def notification(user: str, text: str) -> Notification:
    """A notification that says `text`."""
    now = datetime.now(UTC)
    return Notification(
        id=f"{user}:{text}",
        user=user,
        rule="test",
        kind="test.message",
        topic=None,
        title=text,
        body="",
        url=None,
        priority="normal",
        collapse_key=None,
        locale="en",
        event_id=text,
        event_type="tidings.demo.Message",
        event_time=now,
        created_at=now,
    )


@contextlib.asynccontextmanager
async def streamed(
    http: httpx.AsyncClient, headers: Mapping[str, str] | None = None, query: str = ""
) -> AsyncIterator[tuple[httpx.Response, AsyncIterator[ServerSentEvent]]]:
    """An open stream: the response's head, and its events as they come."""
    async with http.stream("GET", "/v1/stream" + query, headers=dict(headers or {})) as response:
        yield response, EventSource(response).aiter_sse()


async def until(events: AsyncIterator[ServerSentEvent], kind: str) -> list[ServerSentEvent]:
    """The events up to and with the first of this kind."""
    seen = []
    async for event in events:
        seen.append(event)
        if event.event == kind:
            return seen
    raise AssertionError(f"the stream ended before {kind!r}: {seen}")
