"""Runs a gateway, in this process or in several, until it is told to stop."""

import asyncio
import errno
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from tidings_schemas.errors import Permanent

from . import stream_env
from .auth.authenticator import Authenticator
from .auth.keys import UnusableKey
from .server import configure
from .serving import serve
from .settings import GatewaySettings, is_loopback
from .sockets import listen, listen_together
from .workers import Workers


class NoAddress(Permanent):
    """The address to listen on cannot be had."""


def run(settings: GatewaySettings) -> None:
    """Serves until SIGTERM or SIGINT, then drains the streams.

    Raises:
        NoAddress: the port is busy, or the host is none of this machine's.
        UnusableKey: the key for tokens cannot be used, or is the development key and others could connect.
        BrokerUnavailable: Kafka does not answer.
        Refused: Kafka lacks a topic.
        WorkersFailed: the same of one of several workers, or it dies again and again.
    """
    refuse_strangers(settings)
    limits = stream_env.load()
    with _listening(settings) as listeners:
        here = settings.model_copy(update={"port": listeners[0].getsockname()[1]})
        if settings.workers == 1:
            with asyncio.Runner(loop_factory=configure(None).get_loop_factory()) as runner:
                runner.run(serve(here, limits, listeners))
            return
        Authenticator(here)  # a bad key is told once, and a development key made once, before there are many
        Workers(here, limits, listeners).run()


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


@contextmanager
def _listening(settings: GatewaySettings) -> Iterator[list[socket.socket]]:
    """A listening socket for each worker."""
    with ExitStack() as stack:
        try:
            if settings.workers == 1:
                listeners = [listen(settings.host, settings.port)]
            else:
                listeners = listen_together(settings.host, settings.port, settings.workers)
        except OSError as error:
            raise NoAddress(f"{error.strerror}: {_remedy(error)}") from error
        for listener in listeners:
            stack.enter_context(listener)
        yield listeners


def _remedy(error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return "another program listens there; stop it, or choose another port by --port or TIDINGS_GATEWAY_PORT"
    if error.errno == errno.EACCES:
        return "ports below 1024 need privileges; choose another port by --port or TIDINGS_GATEWAY_PORT"
    return "choose another address by --host or TIDINGS_GATEWAY_HOST"
