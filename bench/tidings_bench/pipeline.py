"""From publish to the client's socket, through match, fan-out, deliver and the gateway.

Each event carries its number and the moment at which it was *due*, so that a stall that holds back the publisher
counts as latency too (no coordinated omission). The run's Kafka has just been started, so its first second or two are
slow: they count, and the figures of what comes after five seconds stand beside.
"""

import asyncio
import json
import os
import secrets
import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

import psutil
import typer
from rich.console import Console
from rich.table import Table
from tidings_producers import AsyncPublisher, Publisher
from tidings_schemas import Event, Follow, catalogue
from tidings_schemas.codec import Codec
from tidings_schemas.partitioner import partition_of
from tidings_schemas.producer import Producer
from tidings_schemas.registry import Registry
from tidings_schemas.settings import Settings
from tidings_schemas.topics import FOLLOWS, follow_key

from . import stack
from .figures import milliseconds
from .services import prepared
from .sse import Frame
from .stream import Stream, subscribe
from .tokens import Issuer

_QUIET_S = 15.0  # give up on what is missing after so long without a new arrival
_WARM_UP = 20  # events before the clock counts
_COLD_S = 5  # for so long, a broker that was just started may still be slow


@dataclass(frozen=True)
class Load:
    """What to send. `named`: the share of events that name their user, so that they skip fan-out."""

    rate: int = 200
    seconds: int = 20
    users: int = 100
    named: float = 0.0

    @property
    def events(self) -> int:
        """How many events the run counts."""
        return self.rate * self.seconds


@dataclass
class Arrivals:
    """What came, by the event's number; the warm-up's numbers are negative."""

    latencies_ns: dict[int, int] = field(default_factory=dict)
    warm: set[int] = field(default_factory=set)
    duplicated: int = 0
    foreign: int = 0
    ready: int = 0
    last: float = field(default_factory=time.monotonic)

    def take(self, user: int, users: int, frame: Frame) -> None:
        """Books one frame of `user`'s stream."""
        if frame.event == "ready":
            self.ready += 1
        if frame.event != "notification":
            return
        now = time.time_ns()
        self.last = time.monotonic()
        number, due = map(int, json.loads(frame.data)["body"].split()[:2])
        if number % users != user:
            self.foreign += 1
        if number < 0:
            self.warm.add(number)
        elif number in self.latencies_ns:
            self.duplicated += 1
        else:
            self.latencies_ns[number] = now - due


def main(load: Load, as_json: bool) -> None:
    """Runs it and prints the figures; exit code 1 when anything was lost, doubled or foreign."""
    figures = run(load, quiet=as_json)
    if as_json:
        typer.echo(json.dumps(figures))
    else:
        table = Table("figure", "value", title="pipeline: publish → client's socket")
        for name, value in figures.items():
            table.add_row(name, str(value))
        Console().print(table)
    if figures["lost"] or figures["duplicated"] or figures["foreign"]:
        raise typer.Exit(1)


def run(load: Load, quiet: bool = True) -> dict[str, Any]:
    """Starts a stack of its own, loads it, and returns the figures."""
    console = Console(stderr=True, quiet=quiet)
    secret = secrets.token_hex(32)
    with ExitStack() as opened:
        settings = opened.enter_context(prepared())
        folder = opened.enter_context(stack.folder())
        console.print(f"following: {load.users} users")
        _follow(settings, load.users)
        worker, gateway = stack.worker(settings, folder), stack.gateway(settings, folder, secret)
        console.print("starting a worker and a gateway")
        opened.enter_context(stack.running(worker, gateway))
        console.print(f"publishing {load.events} events at {load.rate}/s")
        before = _cpu(worker, gateway)
        arrivals = asyncio.run(_load(load, settings, gateway.port, Issuer(secret)))
        spent = {name: round(cpu - before[name], 2) for name, cpu in _cpu(worker, gateway).items()}
    return _figures(load, arrivals) | {"cpu_seconds": spent, "load_average": round(os.getloadavg()[0], 1)}


def _cpu(*servers: stack.Server) -> dict[str, float]:
    """CPU seconds of each so far, and of this process, which publishes and receives."""
    pids = {server.name: server.child.pid for server in servers if server.child is not None} | {"client": os.getpid()}
    times = {name: psutil.Process(pid).cpu_times() for name, pid in pids.items()}
    return {name: one.user + one.system for name, one in times.items()}


def _figures(load: Load, arrivals: Arrivals) -> dict[str, Any]:
    received = len(arrivals.latencies_ns)
    figures = asdict(load) | {
        "events_sent": load.events,
        "notifications_received": received,
        "lost": load.events - received,
        "duplicated": arrivals.duplicated,
        "foreign": arrivals.foreign,
        **milliseconds(list(arrivals.latencies_ns.values())),
    }
    if later := [latency for number, latency in arrivals.latencies_ns.items() if number >= load.rate * _COLD_S]:
        figures[f"after_{_COLD_S}_s"] = milliseconds(later)
    return figures


def _follow(settings: Settings, users: int) -> None:
    """User i follows bench:i; written before the worker starts, so that its state holds it."""
    registry = Registry(settings.registry_url)
    codec, now = Codec(catalogue.load(), registry), datetime.now(UTC)
    with Producer(settings) as producer:
        for user in range(users):
            topic, name = f"bench:{user}", f"user-{user}"
            value = codec.encode(Follow.avro_name, Follow(topic, name, now).to_avro())
            partition = partition_of(topic, settings.partitions)
            producer.produce(FOLLOWS, follow_key(topic, name), value, partition=partition)
    registry.close()


async def _load(load: Load, settings: Settings, port: int, issuer: Issuer) -> Arrivals:
    arrivals = Arrivals()
    streams = [await _open(user, load.users, port, issuer, arrivals) for user in range(load.users)]
    await _until(lambda: arrivals.ready >= load.users, "not every stream became ready")
    async with Publisher(settings) as publisher:
        for number in range(-_WARM_UP, 0):
            await publisher.publish(_event(number, time.time_ns(), load))
        await _until(lambda: len(arrivals.warm) >= _WARM_UP, "the warm-up did not arrive")
        await _publish(publisher, load)
    while len(arrivals.latencies_ns) < load.events and time.monotonic() - arrivals.last < _QUIET_S:
        await asyncio.sleep(0.05)
    for stream in streams:
        stream.close()
    return arrivals


async def _open(user: int, users: int, port: int, issuer: Issuer, arrivals: Arrivals) -> Stream:
    token = issuer.token(f"user-{user}")
    return await subscribe("127.0.0.1", port, token, lambda frame: arrivals.take(user, users, frame))


async def _publish(publisher: AsyncPublisher, load: Load) -> None:
    """Each event at its due time; those that are late go at once and keep their due time."""
    start, interval = time.time_ns() + 100_000_000, 1_000_000_000 / load.rate
    for number in range(load.events):
        due = start + int(number * interval)
        if (early := due - time.time_ns()) > 0:
            await asyncio.sleep(early / 1e9)
        await publisher.publish(_event(number, due, load))


def _event(number: int, due_ns: int, load: Load) -> Event:
    user = number % load.users
    named = (number % 100) < load.named * 100
    data: dict[str, Any] = {"text": "bench", "sequence": number, "sent_at_ns": due_ns}
    data |= {"user": f"user-{user}"} if named else {"topic": f"bench:{user}"}
    return Event(
        type="tidings.demo.Message",
        subject=f"user-{user}",
        data=data,
        id=f"bench-{number}",
        source="/bench",
        time=datetime.fromtimestamp(due_ns / 1e9, UTC),
    )


async def _until(condition: Any, otherwise: str, seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise typer.BadParameter(otherwise)
        await asyncio.sleep(0.02)
