"""Kafka and the registry in containers, for machines with a Docker engine.

testcontainers' own KafkaContainer cannot start `apache/kafka` (it looks for Confluent's scripts and versions), so this
is a plain container. The broker must know the address it is reached by before it starts, so its port on the host is
chosen first.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import HttpWaitStrategy, LogMessageWaitStrategy
from tidings.local import ports
from tidings.local.registry import API
from tidings.local.services import Endpoints

KAFKA_IMAGE = "apache/kafka:4.3.1"
REGISTRY_IMAGE = "apicurio/apicurio-registry:3.3.3"


class ApacheKafkaContainer(DockerContainer):
    """`apache/kafka` as one node, KRaft, reached from the host at `host:port`."""

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        super().__init__(KAFKA_IMAGE)
        self.bootstrap_servers = f"{host}:{port}"
        self.with_bind_ports(9092, port)
        for name, value in kafka_environ(self.bootstrap_servers).items():
            self.with_env(name, value)
        self.waiting_for(LogMessageWaitStrategy("Kafka Server started"))


def kafka_environ(advertised: str) -> dict[str, str]:
    """Settings of one node; the image takes none of its defaults once one is set."""
    return {
        "KAFKA_NODE_ID": "1",
        "KAFKA_PROCESS_ROLES": "broker,controller",
        "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
        "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
        "KAFKA_LISTENERS": "PLAINTEXT://:9092,CONTROLLER://:9093",
        "KAFKA_ADVERTISED_LISTENERS": f"PLAINTEXT://{advertised}",
        "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
        "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
        "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
    }


@contextmanager
def containers() -> Iterator[Endpoints]:
    """Both containers for as long as the block lasts.

    Raises:
        docker.errors.DockerException: no engine answers.
    """
    registry = DockerContainer(REGISTRY_IMAGE).with_exposed_ports(8080)
    registry.waiting_for(HttpWaitStrategy(8080, f"{API}/subjects"))
    with ApacheKafkaContainer(ports.free_ports().kafka) as kafka, registry:
        address = f"http://{registry.get_container_host_ip()}:{registry.get_exposed_port(8080)}{API}"
        yield Endpoints(kafka.bootstrap_servers, address)
