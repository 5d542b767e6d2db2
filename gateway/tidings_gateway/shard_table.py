"""Shell: the table of moved partitions, in the compacted topic `control`, read by every gateway and written by hand."""

import asyncio
from collections.abc import Callable, Mapping, Sequence

import structlog
from confluent_kafka import KafkaException, Message
from tidings_schemas.compacted import CompactedReader
from tidings_schemas.errors import BrokerUnavailable
from tidings_schemas.settings import Settings
from tidings_schemas.topics import CONTROL

from .core.shards import parse_moves

log = structlog.get_logger(__name__)

KEY = b"shards"
_PATIENCE_S = 15.0


class ShardTable:
    """Follows the table.

    Args:
        settings: how to reach Kafka.
        changed: called on the event loop with partition → shard, at first once it is known and then at each change.
    """

    def __init__(self, settings: Settings, changed: Callable[[Mapping[int, int]], None]) -> None:
        self._settings = settings
        self._changed = changed
        self._reader: CompactedReader | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def start(self) -> None:
        """Returns once the table as it is now has been told.

        Raises:
            BrokerUnavailable: Kafka does not answer, or lacks the topic.
        """
        self._loop = asyncio.get_running_loop()
        name = self._settings.namespace.name(CONTROL)
        reader = CompactedReader(self._settings.kafka(), name, self._on_records)
        try:
            partitions = await asyncio.to_thread(reader.all_partitions)  # not once its thread reads
            self._reader = reader.start(partitions)
            for partition in partitions:
                restored = asyncio.wrap_future(reader.restored(partition))
                async with asyncio.timeout(_PATIENCE_S):
                    await restored
        except (KafkaException, TimeoutError) as failure:
            await asyncio.to_thread(reader.close)
            raise BrokerUnavailable(f"{name} cannot be read from {self._settings.bootstrap_servers}") from failure

    async def close(self) -> None:
        """Stops following."""
        if self._reader is not None:
            await asyncio.to_thread(self._reader.close)

    def _on_records(self, messages: Sequence[Message]) -> None:
        tables = [message.value() for message in messages if message.key() == KEY]
        if not tables or self._loop is None:
            return
        try:
            moves = parse_moves(tables[-1])
        except ValueError as error:
            log.error("passing over a table of moved partitions", error=str(error))
            return
        self._loop.call_soon_threadsafe(self._changed, moves)
