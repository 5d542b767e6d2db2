"""Where the gateway is wired, and nothing else: settings → parts → application."""

import contextlib
import time
from collections.abc import AsyncIterator
from importlib.metadata import version

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.middleware.trustedhost import TrustedHostMiddleware
from starlette.routing import Route
from tidings_schemas.catalogue import load
from tidings_schemas.codec import Codec
from tidings_schemas.from_json import JsonReader
from tidings_schemas.registry import Registry

from .api import events, follows, notifications, operations, preferences, problems, receipts, session, stream, topics
from .api.openapi import describe
from .api.page import Page
from .auth.authenticator import Authenticator
from .fleet import Fleet
from .handover import Handover
from .health import KafkaHealth
from .measured import MeasuredSource
from .metrics import Metrics
from .middleware import BodyLimit, RequestMetrics, SecurityHeaders, Unexpected
from .services import Services
from .settings import GatewaySettings
from .shard_table import ShardTable
from .sharing import Sharing
from .sources.base import Source
from .sources.kafka import KafkaSource
from .stream_settings import StreamSettings
from .streams import Streams
from .views.all import Views
from .writer import Writer

_ROUTERS = (events, follows, notifications, operations, preferences, receipts, session, topics)
#: A development gateway signs in anyone, so a page that rebinds its own name to 127.0.0.1 must not reach it.
_LOOPBACK_HOSTS = ["localhost", "127.0.0.1", "[::1]", "::1"]


def create_app(
    settings: GatewaySettings,
    source: Source | None = None,
    codec: Codec | None = None,
    stream_settings: StreamSettings | None = None,
    fleet: Fleet | None = None,
) -> FastAPI:
    """The gateway as an ASGI application; its lifespan connects to Kafka.

    Args:
        source: where notifications come from (default: Kafka).
        codec: how records are read and written (default: the shipped schemas and the registry).
        stream_settings: limits of the streams.
        fleet: the other workers on the same port.

    Raises:
        UnusableKey: the configured key cannot be used.
    """
    services = _services(settings, source, codec, stream_settings or StreamSettings(), fleet)
    app = FastAPI(
        title="Tidings gateway",
        version=version("tidings"),
        description="Notifications as they happen, and what users follow. Errors are RFC 9457 problem details.",
        docs_url=None,  # they load scripts from elsewhere, which the page's content security policy forbids
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_lifespan,
    )
    app.state.services = services
    problems.install(app)
    app.routes.append(Route(stream.PATH, stream.Stream()))  # below another path, see `StreamFirst`
    for module in _ROUTERS:
        app.include_router(module.router, responses=problems.RESPONSES)
    app.router.default = Page(settings.static)
    describe(app)
    _protect(app, services)
    return app


def _services(
    settings: GatewaySettings,
    source: Source | None,
    codec: Codec | None,
    stream_settings: StreamSettings,
    fleet: Fleet | None,
) -> Services:
    auth = Authenticator(settings)
    if codec is None:
        codec = Codec(load(), Registry(settings.registry_url, settings.registry_auth.get_secret_value()))
    views = Views(settings, codec)
    metrics = Metrics()
    measured = MeasuredSource(source or KafkaSource(settings), metrics.arrival_seconds.observe, time.time)
    follows, preferences = views.follows.state, views.preferences.state
    sharing = Sharing(follows, preferences)
    streams = Streams(
        measured,
        codec,
        stream_settings,
        time.time,
        follows.has_followed,
        sharing,
        settings.shards() if fleet is None else settings.shards(fleet.number, fleet.sharing),
        follows.changes,
    )
    metrics.watch(streams.counters, views.restoring)
    return Services(
        settings=settings,
        auth=auth,
        streams=streams,
        views=views,
        writer=Writer(settings, codec, settings.write_timeout_s),
        reader=JsonReader(codec.catalogue),
        health=KafkaHealth(settings),
        metrics=metrics,
        fleet=fleet,
        handover=None if fleet is None or fleet.doors is None else Handover(fleet.doors.outboxes),
        shard_table=ShardTable(settings, streams.move) if settings.shard else None,
    )


def _protect(app: FastAPI, services: Services) -> None:
    """Middleware, the innermost first."""
    settings = services.settings
    app.add_middleware(stream.StreamFirst)
    app.add_middleware(BodyLimit, max_bytes=settings.max_body_bytes, timeout_s=settings.body_timeout_s)
    if settings.origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.origins,
            allow_credentials=True,
            allow_methods=["GET", "POST", "PUT", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "Last-Event-ID", "traceparent"],
        )
    if settings.development and not settings.dev_allow_remote:
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=_LOOPBACK_HOSTS, www_redirect=False)
    app.add_middleware(Unexpected)
    app.add_middleware(SecurityHeaders, https=settings.secure_cookies)
    app.add_middleware(RequestMetrics, metrics=services.metrics)


@contextlib.asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with running(app.state.services):
        yield


@contextlib.asynccontextmanager
async def running(services: Services) -> AsyncIterator[None]:
    """Connects the parts, and lets go of them at the end in the other order.

    Raises:
        UnusableKey: the issuer's key set cannot be read.
        BrokerUnavailable: Kafka does not answer.
        Refused: Kafka lacks a topic.
    """
    async with contextlib.AsyncExitStack() as stack:
        services.writer.start()
        stack.push_async_callback(services.writer.close)
        stack.push_async_callback(services.views.close)
        await stack.enter_async_context(services.auth.running())
        await services.views.start()
        if services.shard_table is not None:
            stack.push_async_callback(services.shard_table.close)
            await services.shard_table.start()
        stack.push_async_callback(services.streams.stop)
        await services.streams.start()
        yield
