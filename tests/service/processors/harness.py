"""A namespace of the test's own on a real Kafka, and workers in processes of their own."""

import os
import signal
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import httpx
from confluent_kafka import Consumer, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]
from tidings.local.ports import free_ports
from tidings_processors import tail
from tidings_processors.settings import Settings as WorkerSettings
from tidings_schemas import DeadLetter, Event, Follow, Notification, Preference
from tidings_schemas.catalogue import Catalogue, load
from tidings_schemas.cloudevents import headers_of
from tidings_schemas.codec import Codec
from tidings_schemas.partitioner import partition_of
from tidings_schemas.registry import Registry
from tidings_schemas.settings import Settings
from tidings_schemas.topics import domain_of, events_topic, follow_key

T = TypeVar("T")
PARTITIONS = 2
NOW = datetime.now(UTC)


def until(look: Callable[[], T], what: str, within: float = 45.0) -> T:
    """Waits until `look` gives something true, and returns it."""
    deadline = time.monotonic() + within
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < deadline, f"not in {within:.0f} s: {what}"
        time.sleep(0.05)


@dataclass
class Worker:
    """A worker process."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    def get(self, path: str) -> httpx.Response | None:
        """The answer to a probe; None while nobody answers."""
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}{path}", timeout=5)
        except httpx.HTTPError:
            return None

    def ready(self) -> bool:
        """Whether it says that it is ready."""
        assert self.process.poll() is None, self.log.read_text()
        answer = self.get("/readyz")
        return answer is not None and answer.status_code == 200

    def wait_ready(self) -> None:
        until(self.ready, f"the worker is ready\n{self.log.read_text()}", 60)

    def kill(self, how: signal.Signals = signal.SIGKILL) -> int:
        """Ends it; returns its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.process.wait(30)


class Place:
    """The topics of one namespace: what a test puts in and what came out."""

    def __init__(self, environ: dict[str, str], namespace: str, folder: Path) -> None:
        self.environ = environ | {"TIDINGS_NAMESPACE": namespace, "TIDINGS_PARTITIONS": str(PARTITIONS)}
        self.settings = Settings(
            bootstrap_servers=environ["KAFKA_BOOTSTRAP_SERVERS"],
            registry_url=environ["SCHEMA_REGISTRY_URL"],
            prefix=namespace,
            partitions=PARTITIONS,
        )
        self.catalogue: Catalogue = load()
        self.registry = Registry(self.settings.registry_url)
        self.codec = Codec(self.catalogue, self.registry)
        self._folder = folder
        config = {"enable.idempotence": True, "linger.ms": 2}
        self._producer = Producer(self.settings.kafka(partitioner="murmur2_random", **config))

    @contextmanager
    def worker(self, wait: bool = True, **environ: str) -> Iterator[Worker]:
        """A worker that runs until the block ends."""
        port = free_ports().processors
        log = self._folder / f"worker-{port}.log"
        env = os.environ | self.environ | {"TIDINGS_PROCESSORS_PORT": str(port)} | environ
        with log.open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", "tidings_processors", "worker"], env=env, stdout=out, stderr=out
            )
        worker = Worker(process, port, log)
        try:
            if wait:
                worker.wait_ready()
            yield worker
        finally:
            worker.kill()

    def publish(self, *events: Event) -> None:
        """Publishes events and waits for the acks."""
        for event in events:
            value = self.codec.encode(event.type, event.data)
            topic = events_topic(domain_of(event.type)).name
            self.put(topic, event.subject.encode(), value, headers_of(event), wait=False)
        assert self._producer.flush(30) == 0

    def put(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        headers: Any = None,
        partition: int | None = None,
        wait: bool = True,
    ) -> None:
        """Produces one record as it is."""
        name, where = self.settings.namespace.name(topic), -1 if partition is None else partition
        self._producer.produce(name, value, key, where, headers=headers)
        self._producer.poll(0)
        if wait:
            assert self._producer.flush(30) == 0

    def follow(self, topic: str, *users: str) -> None:
        """Users follow a topic."""
        for user in users:
            value = self.codec.encode(Follow.avro_name, Follow(topic, user, NOW).to_avro())
            self.put("follows", follow_key(topic, user), value, partition=partition_of(topic, PARTITIONS), wait=False)
        assert self._producer.flush(60) == 0

    def prefer(self, user: str, **wishes: Any) -> None:
        """A user says how they want to be told."""
        value = self.codec.encode(Preference.avro_name, Preference(user, NOW, **wishes).to_avro())
        self.put("preferences", user.encode(), value)

    def create_topic(self, name: str) -> None:
        """Makes a topic beyond Tidings' own."""
        admin = AdminClient(self.settings.kafka())
        (future,) = admin.create_topics([NewTopic(self.settings.namespace.name(name), PARTITIONS, 1)]).values()
        future.result(30)

    def records(self, topic: str, partitions: int = PARTITIONS) -> list[Message]:
        """All records of a topic, in order by partition."""
        name, config = self.settings.namespace.name(topic), self.settings.kafka()
        return list(tail.between(config, name, tail.ends(config, name, list(range(partitions)))))

    def committed(self, topic: str) -> list[int]:
        """The offsets that workers have committed, of those partitions where there is one."""
        name = self.settings.namespace.name
        config = self.settings.kafka(**{"group.id": name("tidings-processors")})
        asked = [TopicPartition(name(topic), partition) for partition in range(PARTITIONS)]
        with closing(Consumer(config)) as consumer:
            return [place.offset for place in consumer.committed(asked, timeout=10) if place.offset >= 0]

    def end(self, topic: str) -> int:
        """How many records a topic has had."""
        name = self.settings.namespace.name(topic)
        ends = tail.ends(self.settings.kafka(), name, list(range(PARTITIONS)))
        return sum(high for _, high in ends.values())

    def decoded(self, topic: str, partitions: int = PARTITIONS) -> list[dict[str, Any]]:
        """The fields of all records of a topic."""
        return [self.codec.decode(message.value())[1] for message in self.records(topic, partitions)]

    def notifications(self) -> list[dict[str, Any]]:
        """All that was told to users."""
        found = (self.codec.decode(record.value()) for record in self.records("notifications"))
        return [fields for name, fields in found if name == Notification.avro_name]

    def told(self) -> dict[str, list[str]]:
        """Titles by user."""
        by_user: dict[str, list[str]] = {}
        for notification in self.notifications():
            by_user.setdefault(notification["user"], []).append(notification["title"])
        return by_user

    def dead_letters(self) -> list[DeadLetter]:
        """All dead letters."""
        return [DeadLetter.from_avro(fields) for fields in self.decoded("dead-letters", 1)]

    def wait_told(self, count: int, within: float = 45.0) -> list[dict[str, Any]]:
        """Waits for at least so many notifications."""
        return until(lambda: _enough(self.notifications(), count), f"{count} notifications", within)

    def wait_dead(self, count: int) -> list[DeadLetter]:
        """Waits for at least so many dead letters."""
        return until(lambda: _enough(self.dead_letters(), count), f"{count} dead letters")


def held(admin: AdminClient, place: Place) -> list[dict[str, int]]:
    """For each member of the workers' group how many partitions of which topic (bare name) it has."""
    group = WorkerSettings(prefix=place.settings.prefix).group
    members = admin.describe_consumer_groups([group])[group].result(20).members
    bare = place.settings.namespace.bare
    return [
        dict(Counter(bare(one.topic) for one in (member.assignment.topic_partitions if member.assignment else ())))
        for member in members
    ]


def _enough(found: list[T], count: int) -> list[T]:
    return found if len(found) >= count else []


def message(user: str | None = None, topic: str | None = None, text: str = "hello", sequence: int = 0) -> Event:
    """A demo Message with an id of its own."""
    data = {"user": user, "topic": topic, "text": text, "sequence": sequence, "sent_at_ns": 0}
    return Event("tidings.demo.Message", data, str(uuid.uuid4()), "/tests", user or topic or "x", NOW)


def delayed(minutes: int, flight: str = "UA1545") -> Event:
    """A flight that is late."""
    data = {
        "flight": flight,
        "carrier": "UA",
        "number": 1545,
        "origin": "EWR",
        "destination": "IAH",
        "scheduled_departure": datetime(2013, 1, 10, 15, 0, tzinfo=UTC),
        "delay_minutes": minutes,
        "estimated_departure": datetime(2013, 1, 10, 15, minutes % 60, tzinfo=UTC),
    }
    return Event("tidings.flights.FlightDelayed", data, str(uuid.uuid4()), "/flights/nyc", flight, NOW)
