"""A worker and a gateway as child processes, for benches and for the chaos run that kills them."""

import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
from tidings.local.child import Child
from tidings.local.ports import free_ports
from tidings_schemas.settings import Settings

from .services import environment

READY_S = 60.0


class NotReady(Exception):
    """A process did not become ready in time, or ended; the text holds the end of its log."""


class Server:
    """One process that answers `/readyz`, started again with the same port after a kill.

    Args:
        prefix: what starts it, such as `taskset` with a core.
    """

    def __init__(
        self,
        name: str,
        module: list[str],
        port: int,
        env: Mapping[str, str],
        folder: Path,
        prefix: Sequence[str] = (),
    ) -> None:
        self.name, self.port = name, port
        self._command = [*prefix, sys.executable, "-m", *module]
        self._env = dict(env)
        self._log = folder / f"{name}.log"
        self.child: Child | None = None

    def start(self) -> None:
        """Starts it; `wait_ready` says when it serves."""
        self.child = Child.start(self.name, self._command, self._log, self._env, fresh_log=False)

    def wait_ready(self, seconds: float = READY_S) -> None:
        """Returns when `/readyz` answers 200.

        Raises:
            NotReady: it ended, or not within `seconds`.
        """
        assert self.child is not None
        deadline = time.monotonic() + seconds
        while not self.ready():
            if self.child.poll() is not None or time.monotonic() > deadline:
                raise NotReady(f"{self.name} is not ready:\n{self.child.tail()}")
            time.sleep(0.05)

    def ready(self) -> bool:
        """Whether `/readyz` answers 200 now."""
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/readyz", timeout=2).status_code == 200
        except httpx.HTTPError:
            return False

    def stop(self, grace: float = 15.0) -> int:
        """Ends it; returns its exit code."""
        assert self.child is not None
        return self.child.stop(grace)


def worker(settings: Settings, folder: Path, name: str = "worker", **environ: str) -> Server:
    """A processors worker of the namespace, with these settings of its own."""
    port = free_ports().gateway
    env = environment(settings) | {"TIDINGS_PROCESSORS_PORT": str(port)} | environ
    return Server(name, ["tidings_processors", "worker"], port, env, folder)


def gateway(settings: Settings, folder: Path, secret: str, name: str = "gateway") -> Server:
    """A gateway of the namespace that trusts HS256 tokens signed with `secret`."""
    port = free_ports().gateway
    env = environment(settings) | {"TIDINGS_GATEWAY_PORT": str(port), "TIDINGS_JWT_SECRET": secret}
    return Server(name, ["tidings_gateway"], port, env, folder)


@contextmanager
def running(*servers: Server) -> Iterator[None]:
    """All of them started and ready, and gone afterwards."""
    try:
        for server in servers:
            server.start()
        for server in servers:
            server.wait_ready()
        yield
    finally:
        for server in servers:
            if server.child is not None:
                server.stop()


@contextmanager
def folder() -> Iterator[Path]:
    """A temporary folder for logs."""
    with tempfile.TemporaryDirectory(prefix="tidings-bench-") as path:
        yield Path(path)
