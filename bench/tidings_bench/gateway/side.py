"""What is measured: one server that fans events out to event streams. Ours and each peer are one of these."""

import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Protocol

from tidings.local.child import Child
from tidings_schemas.errors import Permanent

from tidings_bench.pinned import on_core

from .cores import SERVER, Usage

_START_S = 30.0


class Unusable(Permanent):
    """The side cannot be measured here; the text says how to get it, or what its log says."""


class Running(Protocol):
    """A side whose server runs.

    Attributes:
        port: where it listens, on loopback.
        ready: text of a response after which the stream gets all that is published.
    """

    port: int
    ready: str

    @property
    def usage(self) -> Usage:
        """What its processes use."""

    def request(self, number: int) -> bytes:
        """What client `number` asks."""

    def publish(self, data: str) -> None:
        """Sends `data`, 100 bytes, to all clients. Returns when the server has it, or earlier."""


class Side(Protocol):
    """Something to measure."""

    name: str

    def missing(self) -> str | None:
        """How to get it, if it is not there."""

    def run(self, folder: Path, streams: int) -> AbstractContextManager[Running]:
        """Starts it with room for so many streams.

        Raises:
            Unusable: it does not start.
        """


class Http:
    """A side that is published to by POST, over one connection that stays open."""

    def __init__(self, child: Child, port: int, ready: str) -> None:
        self._child = child
        self._connection = HTTPConnection("127.0.0.1", port, timeout=30)
        self.port = port
        self.ready = ready

    @property
    def usage(self) -> Usage:
        """As `Running.usage`."""
        return Usage(self._child.pid)

    def post(self, path: str, body: str | bytes, headers: Mapping[str, str] | None = None) -> None:
        """Raises `Unusable` unless it is answered with success."""
        self._connection.request("POST", path, body, dict(headers or {}))
        answer = self._connection.getresponse()
        text = answer.read()
        if answer.status >= 300:
            raise Unusable(f"POST {path} is answered with {answer.status}: {text[:200]!r}")


@contextmanager
def server(name: str, command: Sequence[str], port: int, folder: Path, **env: str) -> Iterator[Child]:
    """A server process on its own core, once its port answers.

    Raises:
        Unusable: it ends, or does not listen in time.
    """
    child = Child.start(name, on_core(SERVER, command), folder / f"{name}.log", env, folder)
    try:
        _until_it_answers(child, port)
        yield child
    finally:
        child.stop(5)


def _until_it_answers(child: Child, port: int) -> None:
    deadline = time.monotonic() + _START_S
    while True:
        try:
            connection = HTTPConnection("127.0.0.1", port, timeout=1)
            connection.request("GET", "/nothing-is-here")
            connection.getresponse()
            return
        except (OSError, HTTPException):
            if child.poll() is not None or time.monotonic() > deadline:
                raise Unusable(f"{child.name} does not start:\n{child.tail()}") from None
            time.sleep(0.05)


def program(name: str, places: Sequence[Path] = ()) -> str | None:
    """Where a program is: on the PATH, where Go installs, or in one of `places`."""
    path = ":".join(str(place) for place in (*places, Path.home() / "go" / "bin", "/usr/local/sbin", "/usr/sbin"))
    return shutil.which(name) or shutil.which(name, path=path)
