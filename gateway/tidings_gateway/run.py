"""Runs a gateway in this process until it is told to stop."""

import asyncio
import errno
import socket

import structlog
from tidings_schemas.errors import Permanent

from . import stream_env
from .app import create_app, running
from .auth.keys import UnusableKey
from .server import GatewayServer, configure
from .settings import GatewaySettings, is_loopback
from .sockets import listen

log = structlog.get_logger(__name__)


class NoAddress(Permanent):
    """The address to listen on cannot be had."""


def run(settings: GatewaySettings) -> None:
    """Serves until SIGTERM or SIGINT, then drains the streams.

    Raises:
        NoAddress: the port is busy, or the host is none of this machine's.
        UnusableKey: the key for tokens cannot be used, or is the development key and others could connect.
        BrokerUnavailable: Kafka does not answer.
        Refused: Kafka lacks a topic.
    """
    refuse_strangers(settings)
    listener = _listen(settings)
    here = settings.model_copy(update={"port": listener.getsockname()[1]})
    with listener, asyncio.Runner(loop_factory=configure(None).get_loop_factory()) as runner:
        runner.run(_serve(here, listener))


def refuse_strangers(settings: GatewaySettings) -> None:
    """With the development key anyone who can connect may be anyone.

    Raises:
        UnusableKey: it would be used beyond loopback.
    """
    if settings.development and not settings.dev_allow_remote and not is_loopback(settings.host):
        raise UnusableKey(
            f"the development key signs in anyone, so the gateway does not listen on {settings.host} with it: set "
            " TIDINGS_JWKS or TIDINGS_JWT_SECRET_FILE to your issuer's keys, or listen on 127.0.0.1 "
            "(in a container whose port is published on loopback alone: TIDINGS_DEV_ALLOW_REMOTE=true)"
        )


def _listen(settings: GatewaySettings) -> socket.socket:
    try:
        return listen(settings.host, settings.port)
    except OSError as error:
        remedy = "choose another address by --host or TIDINGS_GATEWAY_HOST"
        if error.errno == errno.EADDRINUSE:
            remedy = "another program listens there; stop it, or choose another port by --port or TIDINGS_GATEWAY_PORT"
        if error.errno == errno.EACCES:
            remedy = "ports below 1024 need privileges; choose another port by --port or TIDINGS_GATEWAY_PORT"
        raise NoAddress(f"{error.strerror}: {remedy}") from error


async def _serve(settings: GatewaySettings, listener: socket.socket) -> None:
    app = create_app(settings, stream_settings=stream_env.load())
    services = app.state.services
    # Not by uvicorn's lifespan, which would turn a clear error into a traceback in the log.
    async with running(services):
        log.info("gateway is ready", address=_address(listener), development=settings.development)
        await GatewayServer(configure(app, lifespan="off"), services.streams).serve(sockets=[listener])
    log.info("gateway has stopped")


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
