"""Apache Kafka in one child process: fetched, formatted once, started, ready when it answers a metadata request."""

from __future__ import annotations

import base64
import os
import subprocess
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path

from tidings.local import artifacts, asking, disk, download, java, kafka_config
from tidings.local.errors import ServiceDied
from tidings.local.paths import Folders
from tidings.local.ports import HOST, Ports
from tidings.local.service import Service

_LOGGING = (
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSZ",
    # One start would otherwise write its 300 settings twice.
    "-Dorg.slf4j.simpleLogger.log.org.apache.kafka.common.config.AbstractConfig=warn",
)


def fetch(
    folders: Folders,
    progress: download.Progress = lambda done, total: None,
    stopped: Callable[[], bool] = lambda: False,
) -> str:
    """The class path, its jars fetched as needed. Raises what `download.fetch` raises."""
    jars = download.fetch(artifacts.locked()["kafka"].files, folders.cache / "maven", progress, stopped)
    return os.pathsep.join(map(str, jars))


def prepare(folders: Folders, ports: Ports, class_path: str, more: Mapping[str, str] | None = None) -> Service:
    """Write the settings, format the data folder if it is new, and say how the broker is run.

    `more`: further broker settings, which win: other listeners, say.
    """
    data = folders.data / "kafka"
    data.mkdir(parents=True, exist_ok=True)
    disk.check("Kafka's data", data, disk.DATA_BYTES)
    config = folders.data / "server.properties"
    properties = kafka_config.properties(data, ports.kafka, ports.controller) | dict(more or {})
    config.write_text(kafka_config.text(properties), "ascii")
    temporary = java.empty_folder(folders.state / "tmp" / "kafka")
    if not (data / "meta.properties").exists():  # written last by the formatter
        _format(config, class_path, temporary)
    servers = f"{HOST}:{ports.kafka}"
    return Service(
        name="kafka",
        command=_command(class_path, temporary, "kafka.Kafka", str(config)),
        log=folders.logs / "kafka.log",
        folder=folders.data,
        ready=lambda: answers(servers),
        grace=20.0,
        address=servers,
    )


def answers(servers: str, within: float = 1.0) -> bool:
    """Whether a broker at `servers` answers a metadata request with itself, unfenced, within that many seconds."""
    if not asking.any_tcp(servers, within):  # a client of Kafka costs far more than this
        return False
    from confluent_kafka import KafkaException
    from confluent_kafka.admin import AdminClient

    client = AdminClient(
        {
            "bootstrap.servers": servers,
            "log_level": 0,
            "reconnect.backoff.ms": 50,
            "reconnect.backoff.max.ms": 100,
            "broker.address.family": "v4",
        }
    )
    try:
        return bool(client.list_topics(timeout=within).brokers)
    except KafkaException:
        return False


def cluster_id(random: bytes) -> str:
    """16 random bytes as Kafka writes its ids; what begins with a dash would be taken for an option by its tools."""
    text = base64.urlsafe_b64encode(random).decode().rstrip("=")
    return text if text[0] != "-" else "_" + text[1:]


def _format(config: Path, class_path: str, temporary: Path) -> None:
    cluster = cluster_id(uuid.uuid4().bytes)
    tool = ("kafka.tools.StorageTool", "format", "--ignore-formatted", "-t", cluster, "-c", str(config))
    done = subprocess.run(
        _command(class_path, temporary, *tool), capture_output=True, text=True, timeout=60, check=False
    )
    if done.returncode:
        raise ServiceDied(f"Kafka could not format its data folder {config.parent / 'kafka'}:\n{done.stderr[-2000:]}")


def _command(class_path: str, temporary: Path, *program: str) -> tuple[str, ...]:
    return java.command((*_LOGGING, "-cp", class_path, *program), temporary, heap_mib=512)
