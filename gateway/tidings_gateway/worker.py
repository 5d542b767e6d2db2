"""One worker of several: what runs in a process of its own (workers.py starts it)."""

import asyncio
import multiprocessing
import os
import signal
import socket
from multiprocessing.connection import Connection

import structlog
from tidings_schemas import logs
from tidings_schemas.errors import TidingsError

from .fleet import Fleet
from .server import GatewayServer, configure
from .serving import serve
from .settings import GatewaySettings
from .stream_settings import StreamSettings

#: What a worker tells its parent once it serves; anything else is the reason why it cannot.
READY = "ready"


def work(
    settings: GatewaySettings,
    limits: StreamSettings,
    fleet: Fleet,
    sockets: tuple[socket.socket, socket.socket],
    tell: Connection,
) -> None:
    """Serves until it is told to end, or its parent is gone.

    Args:
        sockets: the public one, and the one where this worker can be asked alone.
        tell: takes `READY`, or the reason why it cannot serve.
    """
    os.setsid()  # a terminal's Ctrl-C is for the parent, which passes it on; twice would skip the drain
    logs.configure("gateway")
    structlog.contextvars.bind_contextvars(worker=fleet.number)

    def serving(server: GatewayServer) -> None:
        _end_with_parent(server)
        tell.send(READY)

    with asyncio.Runner(loop_factory=configure(None).get_loop_factory()) as runner:
        try:
            runner.run(serve(settings, limits, sockets, fleet, serving))
        except TidingsError as error:
            tell.send(str(error))
            raise SystemExit(1) from error


def _end_with_parent(server: GatewayServer) -> None:
    """An orphan would hold the port for ever, and nobody would pass SIGTERM on to it."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return
    loop = asyncio.get_running_loop()

    def gone() -> None:
        loop.remove_reader(parent.sentinel)
        server.handle_exit(signal.SIGTERM, None)

    loop.add_reader(parent.sentinel, gone)
