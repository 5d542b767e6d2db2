"""What was lately written to `notifications`, by partition: read from there when a partition is assigned.

A worker that takes over reads the end of its own output, as many records as it remembers ids. So what whoever was there
before had not committed is not written twice; nor what comes twice since a stage before this one was killed.
"""

from contextlib import suppress
from typing import Any

from confluent_kafka import Message
from tidings_schemas import SharedNotification
from tidings_schemas.codec import Codec
from tidings_schemas.errors import Permanent
from tidings_schemas.headers import readable_headers
from tidings_schemas.topics import NOTIFICATIONS, Namespace

from . import tail
from .core.record import SOURCE_HEADER
from .core.window import Window
from .primed import Primed

#: What else a notification says is passed over: a quarter of a start's CPU less. Workers wrote it, so it is whole.
_WANTED = frozenset(("id",))


class Windows(Primed[Window]):
    """The windows of one input topic (`drafts`, `drafts-urgent` or `receipts`).

    Args:
        config: librdkafka's connection properties.
        namespace: topics' names on the cluster.
        source: bare name of the input topic.
        codec: reads ids off the records, in a thread that may wait for the registry.
        limit: how many ids a window holds, and how many records are read back at a start.
    """

    def __init__(self, config: dict[str, Any], namespace: Namespace, source: str, codec: Codec, limit: int) -> None:
        self._config = config
        self._topic = namespace.name(NOTIFICATIONS)
        self._source = source
        self._codec = codec
        self._limit = limit
        super().__init__(f"the end of {self._topic} that came of {source}")

    def read(self, partitions: list[int]) -> dict[int, Window]:
        """See `Primed.read`."""
        windows = {partition: Window(self._limit) for partition in partitions}
        bounds = tail.ends(self._config, self._topic, partitions)
        spans = {p: (max(low, high - self._limit), high) for p, (low, high) in bounds.items()}
        for message in tail.between(self._config, self._topic, spans):
            topic, partition, offset = source_of(message)
            if topic == self._source and partition in windows:
                self._note(message, offset, windows[partition])
        return windows

    def _note(self, message: Message, offset: int, window: Window) -> None:
        with suppress(Permanent, KeyError):  # not ours, whatever its header says
            name, record = self._codec.decode(message.value(), _WANTED)
            window.restore(record["id"], name == SharedNotification.avro_name, offset)


def source_of(message: Message) -> tuple[str, int, int]:
    """(bare topic, partition, offset) of the record that a record came of; ("", -1, -1) if it does not say."""
    for name, value in readable_headers(message):
        if name == SOURCE_HEADER and value is not None:
            try:
                topic, partition, offset, _ = value.decode().rsplit(":", 3)
                return topic, int(partition), int(offset)
            except ValueError:
                break
    return "", -1, -1
