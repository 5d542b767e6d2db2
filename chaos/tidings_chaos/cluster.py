"""The system under test: a Kafka and a registry of its own, workers and gateways, with breakable links between them."""

import asyncio
import secrets
import signal
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from tidings.local import children, kafka, paths, ports, registry
from tidings.local.ports import HOST, Ports
from tidings.local.service import Service
from tidings_processors.settings import GroupProtocol
from tidings_schemas import admin, catalogue
from tidings_schemas.errors import Transient
from tidings_schemas.registry import Registry, register_all
from tidings_schemas.settings import Settings

from .links import CLIENTS, GATEWAYS, WORKERS, Links, Route
from .member import Exit, Member

SESSION_S = 6.0
#: Followers of a topic above which one record is shared: most topics stay below, one is above.
SHARED_ABOVE = 12
_PARTITIONS = 4
_LOOK_S = 0.2
_TRIES = 10
#: With the newer group protocol a session's length is the brokers' to set: here the one that workers ask for otherwise.
_SESSIONS = {
    "group.consumer.min.session.timeout.ms": f"{SESSION_S * 1000:.0f}",
    "group.consumer.session.timeout.ms": f"{SESSION_S * 1000:.0f}",
    "group.consumer.min.heartbeat.interval.ms": f"{SESSION_S * 100:.0f}",
    "group.consumer.heartbeat.interval.ms": f"{SESSION_S * 100:.0f}",
}


@dataclass(frozen=True, slots=True)
class Size:
    """How many processes of each kind."""

    workers: int = 2
    gateways: int = 2


@dataclass
class Cluster:
    """All processes of a run. `start` makes them, `stop` ends them.

    Attributes:
        group_protocol: who shares partitions out among the workers.
        settings: for those who talk to Kafka directly, past every link.
        secret: signs tokens that the gateways trust.
        addresses: of the gateways, behind the clients' link.
    """

    folder: Path
    links: Links
    size: Size = field(default_factory=Size)
    group_protocol: GroupProtocol = "classic"
    secret: str = field(default_factory=lambda: secrets.token_hex(32))
    workers: list[Member] = field(default_factory=list)
    gateways: list[Member] = field(default_factory=list)
    addresses: list[tuple[str, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._folders = paths.beneath(self.folder, cache=paths.folders().cache)
        self._ports = ports.free_ports()
        self._proxied = {WORKERS: _pair(), GATEWAYS: _pair()}
        self._registry_url = f"http://{HOST}:{self._ports.registry}{registry.API}"
        self.settings = Settings(
            bootstrap_servers=f"{HOST}:{self._ports.kafka}",
            registry_url=self._registry_url,
            prefix="",
            partitions=_PARTITIONS,
        )
        self._gone: list[Member] = []
        self._keeper: asyncio.Task[None] | None = None
        self._number = 0

    async def start(self) -> None:
        """Starts all of it; returns when all are ready."""
        self._folders.create()
        class_path = await asyncio.to_thread(kafka.fetch, self._folders)
        program = await asyncio.to_thread(registry.fetch, self._folders)
        more = _SESSIONS | listeners(self._ports, self._proxied)
        self.broker = Member(await asyncio.to_thread(kafka.prepare, self._folders, self._ports, class_path, more))
        self.registry = Member(registry.prepare(self._folders, self._ports, program))
        routes = [Route(link, outside, inside) for link, (inside, outside) in self._proxied.items()]
        await asyncio.to_thread(self.links.open, routes)
        for member in (self.broker, self.registry):
            member.start()
        for member in (self.broker, self.registry):
            await member.ready()
        await asyncio.to_thread(_prepare, self.settings)
        self._keeper = asyncio.create_task(self._keep())
        for _ in range(self.size.workers):
            self.add_worker()
        for _ in range(self.size.gateways):
            await self._add_gateway()
        await self.all_ready()

    def add_worker(self) -> Member:
        """One worker more."""
        self._number += 1
        service = children.processors(self._folders, ports.free_ports(), self._environ(WORKERS))
        more = {
            "TIDINGS_SESSION_TIMEOUT": f"{SESSION_S:g}",
            "TIDINGS_GROUP_PROTOCOL": self.group_protocol,
            "TIDINGS_STUCK_SECONDS": "30",
            "TIDINGS_DOMAINS": "demo",
            "TIDINGS_SHARED_ABOVE": str(SHARED_ABOVE),
        }
        worker = Member(self._named(service, f"worker-{self._number}", more))
        self.workers.append(worker)
        worker.start()
        return worker

    async def remove_worker(self, worker: Member) -> None:
        """One worker less; it leaves as a deployment lets it."""
        self.workers.remove(worker)
        self._gone.append(worker)
        await worker.end(signal.SIGTERM)

    async def all_ready(self) -> None:
        """Returns when everything that is meant to run is ready."""
        for member in self.members:
            if member.up:
                await member.ready()

    @property
    def members(self) -> Sequence[Member]:
        """All that exist now."""
        return [self.broker, self.registry, *self.workers, *self.gateways]

    @property
    def exits(self) -> list[Exit]:
        """Who ended without having been told to."""
        return [exit for member in [*self.members, *self._gone] for exit in member.exits]

    def stop(self) -> None:
        """Ends all: who depends on another first. Blocking."""
        if self._keeper is not None:
            self._keeper.cancel()
        for member in [*self.gateways, *self.workers]:
            member.stop()
        for name in ("registry", "broker"):
            if isinstance(server := getattr(self, name, None), Member):
                server.stop()
        self.links.close()

    async def _keep(self) -> None:
        """What ends by itself is started again, as a supervisor does."""
        while True:
            for member in self.members:
                member.look()
            await asyncio.sleep(_LOOK_S)

    async def _add_gateway(self) -> None:
        number = len(self.gateways) + 1
        own = ports.free_ports()
        outside = ports.free_ports().gateway
        service = children.gateway(self._folders, own, self._environ(GATEWAYS))
        gateway = Member(self._named(service, f"gateway-{number}", {"TIDINGS_JWT_SECRET": self.secret}))
        self.gateways.append(gateway)
        await asyncio.to_thread(self.links.open, [Route(CLIENTS, outside, own.gateway)])
        self.addresses.append((HOST, outside))
        gateway.start()

    def _environ(self, link: str) -> dict[str, str]:
        _, outside = self._proxied[link]
        return {
            "KAFKA_BOOTSTRAP_SERVERS": f"{HOST}:{outside}",
            "SCHEMA_REGISTRY_URL": self._registry_url,
            "TIDINGS_NAMESPACE": "",
            "TIDINGS_PARTITIONS": str(_PARTITIONS),
            "TIDINGS_HOME": str(self.folder),
            "LOG_FORMAT": "json",
        }

    def _named(self, service: Service, name: str, more: dict[str, str]) -> Service:
        env = {**service.env, **more}
        return replace(service, name=name, log=self._folders.logs / f"{name}.log", env=env)


def listeners(own: Ports, proxied: dict[str, tuple[int, int]]) -> dict[str, str]:
    """Broker settings: beside its own listener one for each link, which tells clients to come through the proxy.

    Args:
        proxied: (the broker's port, the proxy's port) by link.
    """
    names = {link: link.upper() for link in proxied}
    inside = [f"{names[link]}://{HOST}:{port}" for link, (port, _) in proxied.items()]
    outside = [f"{names[link]}://{HOST}:{port}" for link, (_, port) in proxied.items()]
    protocols = ["PLAINTEXT:PLAINTEXT", "CONTROLLER:PLAINTEXT", *(f"{name}:PLAINTEXT" for name in names.values())]
    return {
        "listeners": ",".join([f"PLAINTEXT://{HOST}:{own.kafka}", f"CONTROLLER://{HOST}:{own.controller}", *inside]),
        "advertised.listeners": ",".join([f"PLAINTEXT://{HOST}:{own.kafka}", *outside]),
        "listener.security.protocol.map": ",".join(protocols),
        "inter.broker.listener.name": "PLAINTEXT",
    }


def _pair() -> tuple[int, int]:
    free = ports.free_ports()
    return free.kafka, free.gateway


def _prepare(settings: Settings) -> None:
    """Topics and schemas; asked for again while a busy machine does not answer in time."""
    for left in reversed(range(_TRIES)):
        found = Registry(settings.registry_url)
        try:
            admin.ensure_topics(settings, admin.default_topics(("demo",)))
            register_all(found, catalogue.load())
        except Transient:
            if not left:
                raise
        else:
            return
        finally:
            found.close()
