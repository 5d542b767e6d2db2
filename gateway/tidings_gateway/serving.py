"""One gateway on sockets that listen already, until it is told to end."""

import socket
from collections.abc import Callable, Sequence

import structlog

from . import collector
from .app import create_app, running
from .fleet import Fleet
from .server import GatewayServer, configure
from .settings import GatewaySettings
from .stream_settings import StreamSettings

log = structlog.get_logger(__name__)


async def serve(
    settings: GatewaySettings,
    limits: StreamSettings,
    listeners: Sequence[socket.socket],
    fleet: Fleet | None = None,
    on_ready: Callable[[GatewayServer], None] = lambda server: None,
) -> None:
    """Serves until SIGTERM or SIGINT, then drains the streams.

    Args:
        listeners: the public one first.
        fleet: the other workers, if there are any.
        on_ready: called once, when clients may come.

    Raises:
        UnusableKey, BrokerUnavailable, Refused: as `running`.
    """
    app = create_app(settings, stream_settings=limits, fleet=fleet)
    services = app.state.services
    # Not by uvicorn's lifespan, which would turn a clear error into a traceback in the log.
    async with running(services):
        collector.spare()
        log.info("gateway is ready", address=_address(listeners[0]), development=settings.development)
        inbox = None if fleet is None or fleet.doors is None else fleet.doors.inbox
        server = GatewayServer(configure(app, lifespan="off"), services.streams, inbox=inbox)
        on_ready(server)
        await server.serve(sockets=list(listeners))
    log.info("gateway has stopped")


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
