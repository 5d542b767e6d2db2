"""When the broker had a record, and how much later its client did: without what came before the broker.

The broker stamps each record as it appends it, in whole milliseconds rounded down, so ages are up to one too large.
"""

import struct
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from confluent_kafka import Consumer, KafkaException, Message, TopicPartition
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # its types do not say that it exports them
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ResourceType,
)
from tidings_schemas.settings import Settings
from tidings_schemas.topics import NOTIFICATIONS

from .reader import due_of

_PAIR = struct.Struct("=QQ")
_PATIENCE_S = 30.0


def stamp_by_broker(settings: Settings) -> None:
    """From now on the broker stamps the notifications itself.

    Raises:
        KafkaException: it refuses.
    """
    entry = ConfigEntry("message.timestamp.type", "LogAppendTime", incremental_operation=AlterConfigOpType.SET)
    topic = ConfigResource(ResourceType.TOPIC, settings.namespace.name(NOTIFICATIONS), incremental_configs=[entry])
    client = AdminClient(settings.kafka())  # ends what it was asked when nobody holds it
    for asked in client.incremental_alter_configs([topic]).values():
        asked.result(_PATIENCE_S)


def ages(settings: Settings, arrivals: Path, since_ms: int) -> tuple[list[float], list[float]]:
    """(from when it was due until the broker had it, from then until the client had it), both in ms and in order.

    Args:
        arrivals: what the reader wrote (`arrivals` in reader.c).
        since_ms: records that the broker had before are not looked for, ms since 1970.
    """
    arrived = dict(_PAIR.iter_unpack(arrivals.read_bytes()))
    before, behind = [], []
    for due_ns, appended_ms in _appended(settings, since_ms):
        if due_ns in arrived:
            before.append(appended_ms - due_ns / 1e6)
            behind.append(arrived[due_ns] / 1e6 - appended_ms)
    return sorted(before), sorted(behind)


def quantile(ordered: list[float], share: float) -> float:
    """Of values in order; 0 of none."""
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 2) if ordered else 0.0


def _appended(settings: Settings, since_ms: int) -> Iterator[tuple[int, int]]:
    """(due, appended) of each marked record."""
    for message in _read(settings, since_ms):
        due = due_of(message.value() or b"")
        if due is not None:
            yield due, message.timestamp()[1]


def _read(settings: Settings, since_ms: int) -> Iterable[Message]:
    """All records of the topic that the broker had then or later."""
    name = settings.namespace.name(NOTIFICATIONS)
    own = {"group.id": "tidings-bench", "enable.auto.commit": False}
    consumer = Consumer(settings.kafka() | own)
    try:
        asked = [TopicPartition(name, partition, since_ms) for partition in range(settings.partitions)]
        starts = [place for place in consumer.offsets_for_times(asked, timeout=_PATIENCE_S) if place.offset >= 0]
        left = {place.partition: consumer.get_watermark_offsets(place, timeout=_PATIENCE_S)[1] for place in starts}
        consumer.assign(starts)
        deadline = time.monotonic() + _PATIENCE_S
        while left and time.monotonic() < deadline:
            for message in consumer.consume(1000, 0.5):
                if message.error() is not None:
                    raise KafkaException(message.error())
                yield message
                if (message.offset() or 0) + 1 >= left.get(message.partition() or 0, 0):
                    left.pop(message.partition() or 0, None)
    finally:
        consumer.close()
