"""One event for a topic with very many followers: multiplied, and shared, alternately on the same topics."""

import asyncio
import json
import secrets
import statistics
import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import typer
from confluent_kafka import Consumer, TopicPartition
from rich.console import Console
from rich.table import Table
from tidings.local.ports import free_ports
from tidings_producers import Publisher
from tidings_schemas import Event, Follow, Preference, catalogue
from tidings_schemas.codec import Codec
from tidings_schemas.partitioner import partition_of
from tidings_schemas.producer import Producer
from tidings_schemas.registry import Registry
from tidings_schemas.settings import Settings
from tidings_schemas.topics import DRAFTS, FOLLOWS, NOTIFICATIONS, PREFERENCES, follow_key

from . import stack
from .services import environment, prepared
from .sse import Frame
from .stream import Stream, subscribe
from .tokens import Issuer

_FOLLOWED = "bench:popular"
_SIDES = ("multiplied", "shared")
_TIMEOUT_S = 120.0
_LOOK_S = 0.005


@dataclass(frozen=True)
class Load:
    """`wishful`: the share of followers with quiet hours, who are told one by one; `clients`: followers who listen."""

    followers: int = 100_000
    clients: int = 100
    wishful: float = 0.0
    rounds: int = 3


class Clients:
    """Connected followers, and when each was told of the event at hand."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.told: dict[int, int] = {}
        self.ready = 0
        self.more = 0

    def take(self, user: int, frame: Frame) -> None:
        """Books a frame of a user's stream."""
        if frame.event == "ready":
            self.ready += 1
        elif frame.event == "notification":
            self.more += user in self.told
            self.told[user] = time.time_ns()


def main(load: Load, as_json: bool) -> None:
    """Runs it and prints the figures; exit code 1 when somebody was not told, or twice."""
    figures = run(load, quiet=as_json)
    if as_json:
        typer.echo(json.dumps(figures))
    else:
        table = Table("figure", *_SIDES, title=f"one event for {load.followers:,} followers (medians)")
        for name in figures["multiplied"]:
            table.add_row(name, *(str(figures[side][name]) for side in _SIDES))
        Console().print(table)
    if figures["missed"] or figures["doubled"]:
        raise typer.Exit(1)


def run(load: Load, quiet: bool = True) -> dict[str, Any]:
    """Starts a gateway and for each round and side a worker, and returns the figures."""
    console, secret = Console(stderr=True, quiet=quiet), secrets.token_hex(32)
    with ExitStack() as opened:
        settings = opened.enter_context(prepared())
        folder = opened.enter_context(stack.folder())
        console.print(f"writing {load.followers:,} follows")
        _furnish(settings, load)
        gateway = stack.gateway(settings, folder, secret)
        opened.enter_context(stack.running(gateway))
        found: dict[str, list[dict[str, Any]]] = {side: [] for side in _SIDES}
        for number in range(load.rounds):
            for side in _SIDES:
                console.print(f"round {number + 1}: {side}")
                with stack.running(_worker(settings, folder, side, load.followers, number)):
                    found[side].append(asyncio.run(_round(load, settings, gateway.port, Issuer(secret))))
    return asdict(load) | _summary(found)


def _summary(found: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    every = [figures for side in _SIDES for figures in found[side]]
    sides = {side: {n: statistics.median(f[n] for f in found[side]) for n in found[side][0]} for side in _SIDES}
    for figures in sides.values():
        del figures["missed"], figures["doubled"]
    return sides | {"missed": sum(f["missed"] for f in every), "doubled": sum(f["doubled"] for f in every)}


def _worker(settings: Settings, folder: Path, side: str, followers: int, number: int) -> stack.Server:
    port, limit = free_ports().gateway, followers // 2 if side == "shared" else followers
    env = environment(settings) | {"TIDINGS_PROCESSORS_PORT": str(port), "TIDINGS_SHARED_ABOVE": str(limit)}
    return stack.Server(f"worker-{side}-{number}", ["tidings_processors", "worker"], port, env, folder)


def _furnish(settings: Settings, load: Load) -> None:
    registry, now = Registry(settings.registry_url), datetime.now(UTC)
    codec, partition = Codec(catalogue.load(), registry), partition_of(_FOLLOWED, settings.partitions)
    quiet = {"start_minute": 0, "end_minute": 1, "days": []}
    with Producer(settings) as producer:
        for number in range(load.followers):
            user = f"user-{number}"
            value = codec.encode(Follow.avro_name, Follow(_FOLLOWED, user, now).to_avro())
            producer.produce(FOLLOWS, follow_key(_FOLLOWED, user), value, partition=partition)
            if number >= load.followers * (1 - load.wishful):
                wish = codec.encode(Preference.avro_name, Preference(user, now, quiet_hours=quiet).to_avro())
                producer.produce(PREFERENCES, user.encode(), wish)
    registry.close()


async def _round(load: Load, settings: Settings, port: int, issuer: Issuer) -> dict[str, Any]:
    clients = Clients(load.clients)
    streams = [await _open(user, port, issuer, clients) for user in range(load.clients)]
    await _until(lambda: clients.ready >= load.clients, "every stream is ready")
    with Ends(settings) as ends:
        before = ends.now()
        async with Publisher(settings) as publisher:
            start = time.time_ns()
            await publisher.publish(_event(start))
        await _until(lambda: len(clients.told) >= load.clients, "every client is told")
        last = max(clients.told.values())
        written = await _settled(ends, before)
    for stream in streams:
        stream.close()
    records, at, size = written
    return {
        "records_on_drafts": records[DRAFTS.name],
        "records_on_notifications": records[NOTIFICATIONS.name],
        "bytes_on_notifications": size,
        "first_client_ms": round((min(clients.told.values()) - start) / 1e6, 1),
        "last_client_ms": round((last - start) / 1e6, 1),
        "all_written_ms": round((at - start) / 1e6, 1),
        "missed": load.clients - len(clients.told),
        "doubled": clients.more,
    }


async def _open(user: int, port: int, issuer: Issuer, clients: Clients) -> Stream:
    token = issuer.token(f"user-{user}")
    return await subscribe("127.0.0.1", port, token, lambda frame: clients.take(user, frame))


def _event(now_ns: int) -> Event:
    data = {"topic": _FOLLOWED, "text": "bench", "sequence": 0, "sent_at_ns": now_ns}
    time = datetime.fromtimestamp(now_ns / 1e9, UTC)
    return Event("tidings.demo.Message", data, f"bench-{now_ns}", "/bench", _FOLLOWED, time)


class Ends:
    """Where `drafts` and `notifications` end."""

    def __init__(self, settings: Settings) -> None:
        self._consumer = Consumer(settings.kafka(**{"group.id": "bench", "enable.auto.commit": False}))
        self._settings = settings

    def __enter__(self) -> "Ends":
        return self

    def __exit__(self, *_: object) -> None:
        self._consumer.close()

    def now(self) -> dict[str, list[int]]:
        """The next offset of each partition, by topic."""
        return {
            topic.name: [self._end(topic.name, p) for p in range(self._settings.partitions)]
            for topic in (DRAFTS, NOTIFICATIONS)
        }

    def size(self, topic: str, starts: list[int]) -> int:
        """Bytes of the values from there on."""
        name = self._settings.namespace.name(topic)
        left = {p: self._end(topic, p) for p, start in enumerate(starts) if self._end(topic, p) > start}
        self._consumer.assign([TopicPartition(name, p, starts[p]) for p in left])
        size = 0
        while left:
            for message in self._consumer.consume(10_000, 1.0):
                size += len(message.value() or b"")
                partition, offset = message.partition(), message.offset()
                if partition is not None and offset is not None and offset + 1 >= left.get(partition, 0):
                    left.pop(partition, None)
        return size

    def _end(self, topic: str, partition: int) -> int:
        place = TopicPartition(self._settings.namespace.name(topic), partition)
        return self._consumer.get_watermark_offsets(place, timeout=10)[1]


async def _settled(ends: Ends, before: dict[str, list[int]]) -> tuple[dict[str, int], int, int]:
    """How many records were written, when the last was there, and the bytes of the notifications.

    All is written when as many notifications as drafts are there and nothing has come for a second.
    """
    latest, at = ends.now(), time.time_ns()
    while time.time_ns() - at < 1e9 or _count(latest, before)[DRAFTS.name] > _count(latest, before)[NOTIFICATIONS.name]:
        await asyncio.sleep(_LOOK_S)
        now = ends.now()
        if now != latest:
            latest, at = now, time.time_ns()
    return _count(latest, before), at, ends.size(NOTIFICATIONS.name, before[NOTIFICATIONS.name])


def _count(latest: dict[str, list[int]], before: dict[str, list[int]]) -> dict[str, int]:
    return {topic: sum(latest[topic]) - sum(before[topic]) for topic in latest}


async def _until(condition: Any, what: str) -> None:
    deadline = time.monotonic() + _TIMEOUT_S
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {_TIMEOUT_S:.0f} s: {what}")
        await asyncio.sleep(_LOOK_S)
