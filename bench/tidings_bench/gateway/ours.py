"""Our gateway as users run it: Kafka in front, a JWT for each stream, every middleware in place."""

import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path

from confluent_kafka import Producer
from tidings.local.ports import free_ports
from tidings_schemas import Follow, Notification, catalogue
from tidings_schemas.codec import Codec
from tidings_schemas.partitioner import partition_of
from tidings_schemas.registry import Registry
from tidings_schemas.settings import Settings
from tidings_schemas.topics import FOLLOWS, NOTIFICATIONS, follow_key

from tidings_bench.pinned import on_core
from tidings_bench.services import environment, prepared
from tidings_bench.share import NoShares, limited
from tidings_bench.stack import NotReady, Server
from tidings_bench.tokens import Issuer

from .cores import SERVER, Usage
from .reader import get
from .side import Running, Unusable
from .template import Template

_TOPIC = "bench:all"
_NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def user(number: int) -> str:
    """Client number → the user that it is."""
    return f"user-{number:05d}"


class Gateway:
    """A running gateway of its own namespace.

    Attributes:
        port, ready: as `Running` has them.
        server: the process.
        settings: the namespace.
    """

    ready = "event: ready"

    def __init__(self, server: Server, settings: Settings, secret: str) -> None:
        self.server = server
        self.settings = settings
        self.port = server.port
        self._issuer = Issuer(secret)
        self._registry = Registry(settings.registry_url)
        self._codec = Codec(catalogue.load(), self._registry)
        self._topic = settings.namespace.name(NOTIFICATIONS)
        self._shared = self.template("")
        self._producer = Producer(settings.kafka(**{"linger.ms": 0, "queue.buffering.max.messages": 1_000_000}))

    @property
    def usage(self) -> Usage:
        """As `Running.usage`."""
        assert self.server.child is not None
        return Usage(self.server.child.pid)

    def request(self, number: int) -> bytes:
        """As `Running.request`."""
        return get("/v1/stream", [f"Authorization: Bearer {self._issuer.token(user(number))}"])

    def publish(self, data: str) -> None:
        """As `Running.publish`: one shared record in each partition."""
        value = self._shared.value(secrets.token_hex(16).encode(), data.encode())
        for partition in range(self.settings.partitions):
            self._producer.produce(self._topic, value, b"", partition)
        self._producer.poll(0)

    def template(self, user: str) -> Template:
        """One user's notifications, or with an empty name those of all."""
        return Template(lambda title, id: self._value(user, title, id))

    def _value(self, user: str, title: str, id: str) -> bytes:
        record = Notification(
            id=id,
            user=user,
            rule="bench",
            kind="bench",
            topic=None if user else _TOPIC,
            title=title,
            body="",
            url=None,
            priority="normal",
            collapse_key=None,
            locale="en",
            event_id="event",
            event_type="type",
            event_time=_NOON,
            created_at=_NOON,
            expires_at=None,
        )
        return self._codec.encode(Notification.avro_name, record.to_avro())

    def flush(self) -> None:
        """Waits until Kafka has all that was published."""
        self._producer.flush(60)

    def close(self) -> None:
        """Lets go of Kafka and the registry."""
        self._producer.flush(10)
        self._registry.close()


class Ours:
    """The gateway as a side.

    Args:
        native: with the loop of sends in C.
        workers: processes; several of them run on whichever core is free, one is kept to its own.
        share: of a core, what each of `workers` may use; 0 = all of it.
        env: settings for it.
    """

    def __init__(self, native: bool = False, workers: int = 0, share: float = 0.0, **env: str) -> None:
        self.name = "tidings (native)" if native else "tidings"
        self._prefix = on_core(SERVER, [])
        if workers:
            self.name += f", {workers} worker{'s' if workers > 1 else ''}"
            self._prefix = []
            env["TIDINGS_GATEWAY_WORKERS"] = str(workers)
        self._cores = workers * share
        self._env = {"TIDINGS_STREAM_NATIVE": "on" if native else "off"} | env

    def missing(self) -> str | None:
        """As `Side.missing`."""
        return None

    def _limit(self, server: Server) -> AbstractContextManager[None]:
        """On its workers too: it has not started any yet."""
        return limited(server.child.pid, self._cores) if self._cores and server.child else nullcontext()

    @contextmanager
    def start(self, folder: Path, streams: int, follow: bool = True) -> Iterator[Gateway]:
        """The gateway itself; `follow`: every user follows what `publish` publishes."""
        with prepared() as settings:
            if follow:
                _follow(settings, map(user, range(streams)))
            with self.serve(settings, folder, secrets.token_hex(32)) as gateway:
                yield gateway

    @contextmanager
    def serve(self, settings: Settings, folder: Path, secret: str, **env: str) -> Iterator[Gateway]:
        """One of a namespace that is there already; `env`: settings for it beside the side's own.

        Raises:
            Unusable: it does not start, or its share cannot be given.
        """
        server = _server(settings, folder, secret, self._env | env, self._prefix)
        gateway = Gateway(server, settings, secret)
        try:
            server.start()
            with self._limit(server):
                server.wait_ready()
                yield gateway
        except (NotReady, NoShares) as error:
            raise Unusable(str(error)) from error
        finally:
            gateway.close()
            if server.child is not None:
                server.stop(5)

    @contextmanager
    def run(self, folder: Path, streams: int) -> Iterator[Running]:
        """As `Side.run`."""
        with self.start(folder, streams) as gateway:
            yield gateway


def _server(settings: Settings, folder: Path, secret: str, env: dict[str, str], prefix: Sequence[str]) -> Server:
    port = free_ports().gateway
    wanted = {
        "TIDINGS_GATEWAY_PORT": str(port),
        "TIDINGS_JWT_SECRET": secret,
        "TIDINGS_STREAM_PER_ADDRESS": "100000",  # all clients of a bench come from one
        "TIDINGS_STREAM_DRAIN": "0.1",
        "LOG_LEVEL": "WARNING",
    }
    return Server("gateway", ["tidings_gateway"], port, environment(settings) | wanted | env, folder, prefix)


def _follow(settings: Settings, users: Iterable[str]) -> None:
    registry = Registry(settings.registry_url)
    codec = Codec(catalogue.load(), registry)
    producer = Producer(settings.kafka())
    name, partition = settings.namespace.name(FOLLOWS), partition_of(_TOPIC, settings.partitions)
    for one in users:
        value = codec.encode(Follow.avro_name, Follow(_TOPIC, one, datetime.now(UTC)).to_avro())
        producer.produce(name, value, follow_key(_TOPIC, one), partition)
    producer.flush(60)
    registry.close()
