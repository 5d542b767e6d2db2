"""Runs the gateway: uvicorn with our protocol, our socket, and a drain before the end."""

import asyncio
import signal
import socket
from types import FrameType
from typing import Any, Protocol

import structlog
import uvicorn

from .handover import Reception
from .protocol import StreamProtocol

log = structlog.get_logger(__name__)


class Drainable(Protocol):
    """What must end before the server does: the streams."""

    draining: bool

    async def drain(self, seconds: float | None = None) -> None:
        """Ends what is open, over a window."""


class GatewayServer(uvicorn.Server):
    """Drains between the signal and the end; SIGINT twice skips it.

    Args:
        config: uvicorn's.
        streams: drained first; `draining` is what readiness looks at.
        window: seconds over which streams end; None = what `streams` itself thinks right.
        inbox: where other workers pass connections on to this one.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        streams: Drainable,
        window: float | None = None,
        inbox: socket.socket | None = None,
    ) -> None:
        super().__init__(config)
        self._streams = streams
        self._window = window
        self._inbox = inbox
        self._reception: Reception | None = None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Asked to end. Unlike uvicorn the signal is not raised again at the end: a drained exit is status 0."""
        self._streams.draining = True
        if self.should_exit and sig == signal.SIGINT:
            self.force_exit = True
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listens, and takes in what other workers pass on."""
        await super().startup(sockets)
        if self._inbox is not None:
            self._reception = Reception(self._inbox, self._end_of)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Ends the streams, still listening: who comes meanwhile is sent away with `bye` and comes back elsewhere."""
        drain = asyncio.create_task(self._streams.drain(self._window))
        while not drain.done() and not self.force_exit:
            await asyncio.wait([drain], timeout=0.1)
        drain.cancel()
        await asyncio.gather(drain, return_exceptions=True)
        if self._reception is not None:
            self._reception.close()
        await super().shutdown(sockets)

    def _end_of(self, head: bytes) -> StreamProtocol:
        """As uvicorn makes it of an accepted connection."""
        protocol = StreamProtocol(self.config, self.server_state, self.lifespan.state)
        protocol.handed = head
        return protocol


def configure(app: Any, protocol: type[StreamProtocol] = StreamProtocol, **more: Any) -> uvicorn.Config:
    """uvicorn's configuration for streams; `more` goes to `uvicorn.Config`."""
    settings: dict[str, Any] = {
        "http": protocol,
        "ws": "none",
        "loop": "uvloop",
        "lifespan": "on",
        "access_log": False,
        "server_header": False,
        "log_config": None,
        "timeout_graceful_shutdown": 1,  # for what is no stream
    }
    return uvicorn.Config(app, **settings | more)


def run(app: Any, streams: Drainable, listener: socket.socket, window: float | None = None, **more: Any) -> None:
    """Serves `app` on `listener` until SIGTERM or SIGINT, then drains. Returns when all is done.

    Args:
        window: see `GatewayServer`.
        more: see `configure`.
    """
    GatewayServer(configure(app, **more), streams, window).run(sockets=[listener])
