"""Which ports the local services use: neighbours, so that they are easy to remember and move together."""

from __future__ import annotations

import fcntl
import os
import random
import socket
import tempfile
from collections.abc import Callable
from dataclasses import astuple, dataclass
from functools import cache
from pathlib import Path
from typing import IO

from tidings.local.errors import BusyPort

HOST = "127.0.0.1"
_DRAWN = (10_000, 32_000, 5)  # Linux gives outgoing connections 32768 and above


@dataclass(frozen=True, slots=True)
class Ports:
    """TCP ports on the loopback interface."""

    gateway: int = 8600
    registry: int = 8601
    kafka: int = 8602
    controller: int = 8603
    processors: int = 8604

    @classmethod
    def beside(cls, gateway: int, registry: int | None = None, kafka: int | None = None) -> Ports:
        """The gateway's port and the four after it, except those that are given."""
        following = (registry or gateway + 1, kafka or gateway + 2, gateway + 3, gateway + 4)
        return cls(gateway, *following)


#: The option that moves a port elsewhere, named in the error when that port is busy.
OPTION = {"registry": "--registry-port", "kafka": "--kafka-port"}


_drawn: set[int] = set()


def free_ports() -> Ports:
    """Five neighbouring ports that are free now, and that no other process draws; for tests and benchmarks.

    They lie below those that the kernel gives to outgoing connections, so who starts again on its port finds it free.
    """
    while True:
        drawn = Ports.beside(random.randrange(*_DRAWN))
        if _draw(drawn.gateway) and all(is_free(port) for port in astuple(drawn)):
            return drawn


def _draw(port: int) -> bool:
    """Whether nobody has drawn it: what is to listen there takes seconds to start, and is free to others meanwhile.

    Who has drawn it keeps a lock on that byte of a file, which ends with the process.
    """
    if port in _drawn:
        return False
    try:
        fcntl.lockf(_marks(), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
    except OSError:
        return False
    _drawn.add(port)
    return True


@cache
def _marks() -> IO[bytes]:
    """Open for as long as the process lives: to close it would end the locks."""
    return (Path(tempfile.gettempdir()) / f"tidings-ports-{os.getuid()}").open("ab")


def is_free(port: int) -> bool:
    """Whether a server could listen on `port` now."""
    with socket.socket() as probe:
        # As servers do: a port in TIME_WAIT counts as free, one that is listened on does not.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
            probe.listen(1)
        except OSError:
            return False
    return True


def busy(wanted: dict[str, int], free: Callable[[int], bool] = is_free) -> list[tuple[str, int]]:
    """The services of `wanted` (name → port) whose port cannot be listened on."""
    return [(service, port) for service, port in wanted.items() if not free(port)]


def told(service: str, port: int, owner: str | None = None) -> str:
    """One sentence on a busy port, and the remedy."""
    by = f" by {owner}" if owner else ""
    return (
        f"Port {port}, wanted for the {service}, is already in use{by}: "
        f"stop that program, or choose another with {OPTION.get(service, '--port, which the others follow')}."
    )


def check(wanted: dict[str, int]) -> None:
    """Raise `BusyPort` for the first of `wanted` (service → port) that cannot be listened on."""
    for service, port in busy(wanted):
        raise BusyPort(told(service, port, owner(port)))


def owner(port: int) -> str | None:
    """The program that listens on `port`, e.g. "java (pid 4711)"; None where the system does not say."""
    import psutil

    try:
        for connection in psutil.net_connections(kind="tcp"):
            listens = connection.status == psutil.CONN_LISTEN and getattr(connection.laddr, "port", None) == port
            if listens and connection.pid:
                return f"{psutil.Process(connection.pid).name()} (pid {connection.pid})"
    except psutil.Error:
        return None
    return None
