"""Gateways as processes on a real Kafka, and what is written for them."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
from confluent_kafka import Producer
from tidings.local.services import Endpoints
from tidings_gateway.auth.development import DevelopmentIssuer, load_secret
from tidings_schemas.admin import ensure_topics
from tidings_schemas.catalogue import load
from tidings_schemas.codec import Codec
from tidings_schemas.registry import Registry, register_all
from tidings_schemas.settings import Settings
from tidings_schemas.topics import NOTIFICATIONS

from tests.streaming.build import notification
from tests.streaming.client import EventStream

PARTITIONS = 4
_PATIENCE_S = 60.0


@dataclass(frozen=True)
class Corner:
    """A namespace of a Kafka whose topics exist.

    Attributes:
        settings: how to reach it.
        environ: the same, for processes.
        folder: for keys and logs.
        producer: one for all that is published; an idempotent one asks the broker for an id before its first record.
    """

    settings: Settings
    environ: dict[str, str]
    folder: Path
    codec: Codec
    producer: Producer

    def publish(self, *users: str, title: str = "a title") -> None:
        """Writes a notification for each user."""
        for user in users:
            value = notification(f"{user} {title}", user, title=title, codec=self.codec)
            self.producer.produce(self.settings.namespace.name(NOTIFICATIONS), key=user.encode(), value=value)
        assert self.producer.flush(_PATIENCE_S) == 0

    def bearer(self, user: str) -> str:
        """The value of an `Authorization` header of the user."""
        issuer = DevelopmentIssuer(load_secret(self.folder / "dev.key"), "tidings")
        return f"Bearer {issuer.issue(user, [], 600, time.time())}"

    def stream(self, port: int, user: str, cursor: str = "", path: str = "/v1/stream") -> EventStream:
        """An open stream of the user."""
        more = {"last_event_id": cursor} if cursor else {}
        return EventStream(port, path, authorization=self.bearer(user), **more)


@contextmanager
def corner(kafka: Endpoints, namespace: str, folder: Path) -> Iterator[Corner]:
    """Topics and schemas in a namespace of their own."""
    settings = Settings(
        _env_file=None,  # type: ignore[call-arg]
        bootstrap_servers=kafka.bootstrap_servers,
        registry_url=kafka.registry_url,
        prefix=namespace,
        partitions=PARTITIONS,
    )
    ensure_topics(settings)
    registry = Registry(kafka.registry_url)
    register_all(registry, load())
    given = kafka.environ() | {
        "TIDINGS_NAMESPACE": namespace,
        "TIDINGS_DEV_KEY_FILE": str(folder / "dev.key"),
        "LOG_FORMAT": "json",
    }
    producer = Producer(settings.kafka(partitioner="murmur2_random", **{"enable.idempotence": True}))
    yield Corner(settings, given, folder, Codec(load(), registry), producer)
    registry.close()


@contextmanager
def gateway(corner: Corner, port: int, *arguments: str, **more: str) -> Iterator[subprocess.Popen[bytes]]:
    """`python -m tidings_gateway` on `port`, ready."""
    clean = {n: v for n, v in os.environ.items() if not n.startswith(("TIDINGS_", "KAFKA_", "SCHEMA_"))}
    command = [sys.executable, "-m", "tidings_gateway", "--port", str(port), *arguments]
    with (corner.folder / f"{port}.log").open("wb") as log:
        environ = clean | corner.environ | more
        process = subprocess.Popen(command, env=environ, stderr=log, cwd=corner.folder)
        try:
            until(lambda: process.poll() is not None or is_ready(port), "the gateway is ready")
            assert process.poll() is None, (corner.folder / f"{port}.log").read_text()[-2000:]
            yield process
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(15)
            process.kill()
            process.wait()


def is_ready(port: int) -> bool:
    """Whether `/readyz` says so now."""
    try:
        return httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=5).status_code == 200
    except httpx.TransportError:
        return False


def until(condition: Callable[[], object], what: str, patience: float = _PATIENCE_S) -> None:
    """Waits for a condition that no event tells."""
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(0.05)
