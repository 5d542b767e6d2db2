"""Reads the log back at the end, past every stage: what is in `notifications` and in `dead-letters`. Blocking."""

from base64 import urlsafe_b64decode
from collections.abc import Iterator

from confluent_kafka import TopicCollection
from confluent_kafka.admin import AdminClient
from tidings_processors import tail
from tidings_schemas import DeadLetter, Notification, SharedNotification, catalogue
from tidings_schemas.codec import Codec
from tidings_schemas.registry import Registry
from tidings_schemas.settings import Settings
from tidings_schemas.topics import DEAD_LETTERS, NOTIFICATIONS, Topic

from .core.history import Bounds, Buried, Entry, Logged
from .poison import digest_of

_PATIENCE_S = 20.0
_EPOCH_BYTES = 6  # of a topic's id, in cursors (docs/wire.md)


def log_of(settings: Settings) -> Iterator[Entry]:
    """`Logged` and `Bounds` of every partition of `notifications`, then every `Buried`."""
    registry = Registry(settings.registry_url)
    codec = Codec(catalogue.load(), registry)
    try:
        yield from _notifications(settings, codec)
        yield from _dead_letters(settings, codec)
    finally:
        registry.close()


def count(settings: Settings, topic: Topic) -> int:
    """How many records a topic holds."""
    return sum(high - low for low, high in _bounds(settings, topic).values())


def _notifications(settings: Settings, codec: Codec) -> Iterator[Entry]:
    name, bounds = settings.namespace.name(NOTIFICATIONS), _bounds(settings, NOTIFICATIONS)
    epoch = _epoch(settings, name)
    for message in tail.between(settings.kafka(), name, bounds):
        kind, record = codec.decode(message.value())
        partition, offset = message.partition(), message.offset()
        assert partition is not None
        assert offset is not None
        if kind == Notification.avro_name:
            yield Logged(partition, offset, record["id"], record["user"], record["event_id"])
        elif kind == SharedNotification.avro_name:
            yield Logged(partition, offset, record["id"], "", record["event_id"], record["topic"])
    for partition, (low, high) in bounds.items():
        yield Bounds(partition, low, high, epoch)


def _dead_letters(settings: Settings, codec: Codec) -> Iterator[Entry]:
    name = settings.namespace.name(DEAD_LETTERS)
    for message in tail.between(settings.kafka(), name, _bounds(settings, DEAD_LETTERS)):
        letter = DeadLetter.from_avro(codec.decode(message.value())[1])
        place = letter.topic, letter.partition, letter.offset
        yield Buried(*place, letter.error_class, letter.error_text, digest_of(letter.value), letter.rule or "")


def _bounds(settings: Settings, topic: Topic) -> dict[int, tuple[int, int]]:
    partitions = list(range(topic.partitions or settings.partitions))
    return tail.ends(settings.kafka(), settings.namespace.name(topic), partitions)


def _epoch(settings: Settings, name: str) -> str:
    admin = AdminClient(settings.kafka())  # kept by name: its futures end with it
    asked = admin.describe_topics(TopicCollection([name]))
    topic_id = str(asked[name].result(_PATIENCE_S).topic_id)
    return urlsafe_b64decode(topic_id + "==")[:_EPOCH_BYTES].hex()
