"""Whether something answers: cheap questions, asked again and again while it starts."""

from __future__ import annotations

import socket
from functools import cache

import httpx


def http(address: str, within: float = 1.0) -> bool:
    """Whether a GET of `address` is answered with 200 within that many seconds."""
    try:
        return _client().get(address, timeout=within).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False


def tcp(host: str, port: int, within: float = 1.0) -> bool:
    """Whether anything listens there."""
    try:
        socket.create_connection((host, port), within).close()
    except OSError:
        return False
    return True


def any_tcp(servers: str, within: float = 1.0) -> bool:
    """Whether anything listens at one of `host:port`, comma-separated."""
    places = (one.strip().rpartition(":") for one in servers.split(","))
    return any(tcp(host.strip("[]"), int(port), within) for host, _, port in places if port.isdigit())


@cache
def _client() -> httpx.Client:
    """One for all: making a client reads every certificate, which costs more CPU than the question.

    What is on this machine is never asked through a proxy.
    """
    return httpx.Client(mounts={"all://127.0.0.1": httpx.HTTPTransport(), "all://localhost": httpx.HTTPTransport()})
