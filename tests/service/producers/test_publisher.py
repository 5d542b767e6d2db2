"""The publisher on a real Kafka."""

import asyncio
import os
import subprocess
import sys
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from tidings.local import kafka, paths, ports
from tidings.local.service import wait_ready
from tidings_chaos.tcp_proxy import Proxy
from tidings_producers.publisher import AsyncPublisher, Publisher
from tidings_schemas import catalogue
from tidings_schemas.admin import ensure_topics
from tidings_schemas.codec import Codec, FixedSchemas
from tidings_schemas.delivery import RecordMetadata
from tidings_schemas.errors import (
    BrokerUnavailable,
    BufferFull,
    InvalidEvent,
    OversizeValue,
    Refused,
    RegistryUnavailable,
    Undelivered,
)
from tidings_schemas.event import Event
from tidings_schemas.partitioner import partition_of
from tidings_schemas.registry import Registry
from tidings_schemas.settings import Settings

from tests.reading import read_all

pytestmark = pytest.mark.kafka

NOW = datetime(2013, 1, 10, 8, 15, tzinfo=UTC)
OFFLINE = FixedSchemas(catalogue.load())


def message(number: int, subject: str = "ada", text: Any = "hi", **attributes: Any) -> Event:
    """A small event."""
    data = {"text": text, "sequence": number}
    return Event("tidings.demo.Message", data, f"{subject}-{number}", "/tests", subject, NOW, **attributes)


def nowhere(**producer: Any) -> Publisher:
    """A publisher whose Kafka is not there."""
    settings = Settings(bootstrap_servers="127.0.0.1:1", prefix="")
    return Publisher(settings, schemas=OFFLINE, **producer)


def test_a_receipt_says_where_the_event_is(publisher: Publisher, settings: Settings) -> None:
    """Partition by subject, offsets in order, and the record is there with its attributes."""
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    first = publisher.publish(message(1, traceparent=trace)).result(30)
    second = publisher.publish(message(2)).result(30)
    where = partition_of("ada", settings.partitions)
    assert (first, second) == (RecordMetadata("events.demo", where, 0), RecordMetadata("events.demo", where, 1))
    record = read_all(settings, "events.demo")[0]
    headers: Any = record.headers()
    assert record.key() == b"ada"
    assert {"ce_id": b"ada-1", "ce_source": b"/tests", "traceparent": trace.encode()}.items() <= dict(headers).items()
    decoded = Codec(catalogue.load(), Registry(settings.registry_url)).decode(record.value())
    assert decoded == (
        "tidings.demo.Message",
        {"user": None, "topic": None, "text": "hi", "sequence": 1, "sent_at_ns": 0},
    )


async def test_receipts_are_awaitable(settings: Settings) -> None:
    """The same in coroutines."""
    async with Publisher(settings) as publisher:
        receipts = [await publisher.publish(message(number)) for number in range(3)]
        offsets = [(await receipt).offset for receipt in receipts]
    assert offsets == [0, 1, 2]


def test_close_loses_nothing_and_each_subject_keeps_its_order(settings: Settings) -> None:
    """Twenty thousand events in a small buffer, nobody looks at a receipt, and all arrive, in order."""
    with Publisher(settings, buffer_records=500) as publisher:
        for number in range(20_000):
            publisher.publish(message(number, subject=f"user-{number % 50}"))
    codec = Codec(catalogue.load(), Registry(settings.registry_url))
    by_subject: dict[bytes | None, list[int]] = defaultdict(list)
    for record in read_all(settings, "events.demo"):
        by_subject[record.key()].append(codec.decode(record.value())[1]["sequence"])
    assert by_subject == {f"user-{n}".encode(): list(range(n, 20_000, 50)) for n in range(50)}


def test_a_publisher_that_nobody_closed_sends_at_exit(settings: Settings) -> None:
    """A script that just ends loses nothing."""
    script = (
        "from datetime import UTC, datetime\n"
        "from tidings import Event, Publisher\n"
        "Publisher().publish(Event('tidings.demo.Message', {'text': 'hi'}, '1', '/x', 'ada', datetime.now(UTC)))\n"
    )
    environ = {
        "KAFKA_BOOTSTRAP_SERVERS": settings.bootstrap_servers,
        "SCHEMA_REGISTRY_URL": settings.registry_url,
        "TIDINGS_NAMESPACE": settings.prefix,
    }
    subprocess.run([sys.executable, "-c", script], env=os.environ | environ, check=True, timeout=60)
    assert len(read_all(settings, "events.demo")) == 1


def test_what_does_not_fit_is_not_sent_and_good_neighbours_are(publisher: Publisher, settings: Settings) -> None:
    """A wrong field is named, an oversize value is told; what stands around them arrives."""
    publisher.publish(message(1))
    with pytest.raises(InvalidEvent, match="field 'text': 7 is not string") as caught:
        publisher.publish(message(2, text=7))
    assert caught.value.field == "text"
    with pytest.raises(OversizeValue, match="262144 are allowed"):
        publisher.publish(message(3, text="x" * 300_000))
    publisher.publish(message(4))
    publisher.flush(30)
    headers: list[Any] = [record.headers() for record in read_all(settings, "events.demo")]
    assert [dict(pairs)["ce_id"] for pairs in headers] == [b"ada-1", b"ada-4"]


def test_a_topic_that_is_not_there_is_refused(registered: Any, namespace: str) -> None:
    """The receipt says how to make it."""
    settings = Settings(bootstrap_servers=registered.bootstrap_servers, prefix=namespace)
    with Publisher(settings, schemas=OFFLINE, config={"topic.metadata.propagation.max.ms": 500}) as publisher:
        receipt = publisher.publish(message(1))
        with pytest.raises(Refused, match="tidings prepare"):
            receipt.result(60)


def test_a_full_buffer_slows_down_and_then_says_so() -> None:
    """While Kafka is away, publishing waits for room up to its time-out; closing says what could not be sent."""
    publisher = nowhere(buffer_records=2)
    publisher.publish(message(1))
    publisher.publish(message(2))
    with pytest.raises(BufferFull, match=r"no room for 0\.05 s"):
        publisher.publish(message(3), timeout=0.05)
    with pytest.raises(Undelivered) as caught:
        publisher.close(0.05)
    assert [delivery.key for delivery in caught.value.deliveries] == [b"ada", b"ada"]
    assert all(isinstance(delivery.exception(), BrokerUnavailable) for delivery in caught.value.deliveries)
    with pytest.raises(RuntimeError, match="closed"):
        publisher.publish(message(4))
    publisher.close()


async def test_a_full_buffer_does_not_block_the_loop() -> None:
    """While one coroutine waits for room, others run."""
    inner = nowhere(buffer_records=1)
    publisher = AsyncPublisher(inner)
    await publisher.publish(message(1))
    waiting = asyncio.ensure_future(publisher.publish(message(2), timeout=60))
    for _ in range(100):
        await asyncio.sleep(0)
    assert not waiting.done()
    waiting.cancel()
    with pytest.raises(Undelivered):
        await publisher.close(0.05)


def test_room_lets_the_waiting_go_on(settings: Settings) -> None:
    """With room for two records, a hundred get through, each as soon as there is room."""
    with Publisher(settings, buffer_records=2, linger_ms=0) as publisher:
        receipts = [publisher.publish(message(number)) for number in range(100)]
    assert [receipt.result(0).offset for receipt in receipts] == list(range(100))


def test_an_event_nobody_took_fails_in_time_and_is_told_once() -> None:
    """After the delivery time-out the receipt says so; whoever has read it is not told again by `flush`."""
    with nowhere(delivery_timeout=0.2) as publisher:
        read, unread = publisher.publish(message(1)), publisher.publish(message(2))
        with pytest.raises(BrokerUnavailable, match="in time"):
            read.result(30)
        with pytest.raises(Undelivered) as caught:
            publisher.flush(30)
        assert caught.value.deliveries == [unread]
        publisher.flush(30)


def test_without_the_registry_known_types_go_on_and_unknown_ones_wait(settings: Settings) -> None:
    """An unknown type is published once the registry is back, or told after a limit; what is wrong is told at once."""
    address = urlsplit(settings.registry_url)
    assert address.hostname is not None
    assert address.port is not None
    proxy = Proxy(address.hostname, address.port)
    through = settings.model_copy(update={"registry_url": address._replace(netloc=f"127.0.0.1:{proxy.port}").geturl()})
    commit = Event("tidings.git.CommitPushed", {}, "1", "/tests", "x", NOW)
    with Publisher(through, registry_wait=0.2) as publisher:
        publisher.publish(message(1)).result(30)
        proxy.cut()
        publisher.publish(message(2)).result(30)
        with pytest.raises(InvalidEvent, match="'repository': is missing"):
            publisher.publish(commit)
        with pytest.raises(RegistryUnavailable):
            publisher.publish(_fitting(commit))
        proxy.mend()
        assert publisher.publish(_fitting(commit)).result(30).topic == "events.git"
    proxy.close()


def _fitting(commit: Event) -> Event:
    texts = dict.fromkeys(("repository", "commit", "branch", "author", "author_email", "summary"), "x")
    data = {**texts, **dict.fromkeys(("files_changed", "insertions", "deletions"), 0), "committed_at": NOW}
    return Event(commit.type, data, commit.id, commit.source, commit.subject, commit.time)


def test_a_killed_broker_costs_nothing(tmp_path: Path) -> None:
    """Kafka is killed while events are on their way, and comes back: all arrive once, in order."""
    folders, at = paths.beneath(tmp_path, cache=paths.folders().cache), ports.free_ports()
    folders.create()
    service = kafka.prepare(folders, at, kafka.fetch(folders))
    child = service.start()
    try:
        wait_ready(service, child)
        settings = Settings(bootstrap_servers=service.address, prefix="", partitions=1)
        ensure_topics(settings)
        with Publisher(settings, schemas=OFFLINE) as publisher:
            publisher.publish(message(0)).result(30)
            for number in range(1, 3000):
                if number == 1000:
                    os.kill(child.pid, 9)
                    child.wait()
                    child = service.start()
                publisher.publish(message(number))
        records = read_all(settings, "events.demo")
        codec = Codec(catalogue.load(), OFFLINE)
        assert [codec.decode(record.value())[1]["sequence"] for record in records] == list(range(3000))
    finally:
        child.stop(1.0)
