"""Kafka's settings for one small node on the loopback interface, as data, and their text."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tidings.local.ports import HOST


def properties(data: Path, port: int, controller_port: int) -> dict[str, str]:
    """`server.properties` of a combined broker and controller (KRaft).

    The quorum is static: its one voter's port is read anew at each start, so it may change between two.
    """
    return {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@{HOST}:{controller_port}",
        "controller.listener.names": "CONTROLLER",
        "listeners": f"PLAINTEXT://{HOST}:{port},CONTROLLER://{HOST}:{controller_port}",
        "advertised.listeners": f"PLAINTEXT://{HOST}:{port}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "log.dirs": str(data),
        **_ONE_NODE,
        **_QUICK_START,
        **_SMALL,
    }


_ONE_NODE = {
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    # A mistyped topic is an error to be told, not a topic to be made with default settings.
    "auto.create.topics.enable": "false",
}

_QUICK_START = {
    # No other member will join in the next three seconds: the first rebalance need not wait for one.
    "group.initial.rebalance.delay.ms": "0",
    # After a kill, the controller refuses the broker's new registration until the session of the old one ends: measured
    # 12 s with Kafka's default of 9 s, 4 s with 2 s.
    "broker.session.timeout.ms": "2000",
    "broker.heartbeat.interval.ms": "500",
}

_SEGMENT_BYTES = 128 * 1024 * 1024
_INDEXED_BYTES = 4096  # Kafka's default: at most one entry in an index for so many bytes of a segment
_LARGEST_ENTRY = 12  # bytes; that of a time index (an offset index has 8)

_SMALL = {
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.num.partitions": "4",
    "share.coordinator.state.topic.num.partitions": "4",
    "log.cleaner.dedupe.buffer.size": str(16 * 1024 * 1024),  # taken at start; 128 MiB by default
    "log.segment.bytes": str(_SEGMENT_BYTES),
    # Each index is a sparse file of this size, mapped into memory. The first touch of one has the kernel read ahead and
    # so clear up to all of it: of Kafka's 10 MiB, for two files a partition, while a partition's first events wait.
    # What a full segment needs (384 KiB) is enough, and a quarter of it to spare.
    "log.index.size.max.bytes": str(_SEGMENT_BYTES // _INDEXED_BYTES * _LARGEST_ENTRY * 4 // 3),
    "log.retention.hours": "168",
    "num.network.threads": "2",
    "num.io.threads": "4",
}


def text(settings: Mapping[str, str]) -> str:
    """The settings as a Java properties file (java.util.Properties: Latin-1, backslash escapes)."""
    return "".join(f"{key}={_escape(value)}\n" for key, value in settings.items())


def _escape(value: str) -> str:
    units = value.replace("\\", "\\\\").encode("utf-16-be")
    pairs = (int.from_bytes(units[at : at + 2], "big") for at in range(0, len(units), 2))
    return "".join(chr(unit) if 0x20 <= unit < 0x7F else f"\\u{unit:04x}" for unit in pairs)
