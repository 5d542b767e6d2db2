"""The embedded Kafka and registry, started for real."""

import os
from pathlib import Path

import httpx
import pytest
from confluent_kafka import Consumer, Producer
from confluent_kafka.admin import AdminClient, NewTopic
from tidings.local import paths, ports
from tidings.local.errors import BusyPort
from tidings.local.services import Endpoints
from tidings.local.stack import LocalStack

pytestmark = pytest.mark.kafka

JSON = {"content-type": "application/vnd.schemaregistry.v1+json"}
SCHEMA = '{"schema": "{\\"type\\": \\"record\\", \\"name\\": \\"Kept\\", \\"fields\\": []}"}'


def test_shared_stack_answers(kafka: Endpoints) -> None:
    """The fixture's Kafka lists its broker, and its registry its subjects."""
    brokers = AdminClient({"bootstrap.servers": kafka.bootstrap_servers}).list_topics(timeout=10).brokers
    assert len(brokers) == 1
    assert httpx.get(f"{kafka.registry_url}/subjects").json() is not None


def test_unknown_topic_is_not_made_up(kafka: Endpoints, namespace: str) -> None:
    """Producing to a topic that nobody created fails instead of creating it."""
    errors: list[str] = []
    settings = {"bootstrap.servers": kafka.bootstrap_servers, "topic.metadata.propagation.max.ms": 500}
    producer = Producer(settings)
    producer.produce(f"{namespace}nowhere", b"x", on_delivery=lambda error, _: errors.append(error.name()))
    producer.flush(10)
    assert errors == ["UNKNOWN_TOPIC_OR_PART"]


def test_data_survive_a_restart_and_a_kill(tmp_path: Path) -> None:
    """Records and schemas written before are there after a clean stop, and after a kill of both programs."""
    folders = paths.beneath(tmp_path, cache=paths.folders().cache)
    with LocalStack(folders, ports.free_ports()) as first:
        schema_id = _register(first)
        _produce(first, b"before the stop")
    with LocalStack(folders, ports.free_ports()) as second:
        assert _records(second) == [b"before the stop"]
        assert _register(second) == schema_id
        _produce(second, b"before the kill")
        for pid in second.pids.values():
            os.kill(pid, 9)
    with LocalStack(folders, ports.free_ports()) as third:
        assert _records(third) == [b"before the stop", b"before the kill"]
        assert _register(third) == schema_id


def test_busy_port_is_told_before_anything_starts(tmp_path: Path, kafka: Endpoints) -> None:
    """The sentence names the port, what it was wanted for, and the option that moves it."""
    taken = int(kafka.bootstrap_servers.rsplit(":", 1)[-1])
    free = ports.free_ports()
    wanted = ports.Ports(kafka=taken, registry=free.registry, controller=free.controller)
    with pytest.raises(BusyPort, match=rf"Port {taken}, wanted for the kafka, .*--kafka-port"):
        LocalStack(paths.beneath(tmp_path), wanted).__enter__()
    assert not (tmp_path / "data").exists()


def _register(stack: LocalStack) -> int:
    answer = httpx.post(f"{stack.registry_url}/subjects/kept/versions", content=SCHEMA, headers=JSON, timeout=10)
    return int(answer.raise_for_status().json()["id"])


def _produce(stack: LocalStack, value: bytes) -> None:
    admin = AdminClient({"bootstrap.servers": stack.bootstrap_servers})
    if "kept" not in admin.list_topics(timeout=10).topics:
        admin.create_topics([NewTopic("kept", 1, 1)])["kept"].result(10)
    producer = Producer({"bootstrap.servers": stack.bootstrap_servers, "acks": "all"})
    producer.produce("kept", value)
    assert producer.flush(10) == 0


def _records(stack: LocalStack) -> list[bytes]:
    settings = {"bootstrap.servers": stack.bootstrap_servers, "group.id": "reader"}
    consumer = Consumer(
        {**settings, "auto.offset.reset": "earliest", "enable.partition.eof": True, "enable.auto.commit": False}
    )
    consumer.subscribe(["kept"])
    values: list[bytes] = []
    while (message := consumer.poll(20)) is not None and not message.error():
        values.append(message.value() or b"")
    consumer.close()
    return values
