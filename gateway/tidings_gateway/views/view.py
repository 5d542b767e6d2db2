"""Shell: keeps a state up to date from its compacted topic."""

import asyncio
import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from typing import Any, Generic, TypeVar

import structlog
from confluent_kafka import KafkaError, KafkaException, Message
from tidings_schemas.codec import Codec
from tidings_schemas.compacted import CompactedReader
from tidings_schemas.errors import BrokerUnavailable, Permanent, Refused, TidingsError, Transient, UndecodableValue
from tidings_schemas.settings import Settings
from tidings_schemas.topics import Topic

from .change import Change, State

log = structlog.get_logger(__name__)

S = TypeVar("S", bound=State)

_PAUSE_S = 1.0  # between attempts while the registry is down


class View(Generic[S]):
    """A state, and how far it has come.

    Attributes:
        state: what to ask.
        partitions: how many the topic has; 0 before `start`.
        undecodable: records that were passed over.
    """

    def __init__(self, settings: Settings, codec: Codec, topic: Topic, record_name: str, state: S) -> None:
        self.state = state
        self.topic = topic
        self.partitions = 0
        self.undecodable = 0
        self._codec = codec
        self._record_name = record_name
        self._closing = threading.Event()
        self._settings = settings
        self._name = settings.namespace.name(topic)
        self._reader: CompactedReader | None = None

    @property
    def restored(self) -> bool:
        """Whether all that the topic held at the start has been read."""
        return self._reader is not None and all(future.done() for future in self._restored(self._reader))

    async def start(self) -> None:
        """Starts to read; returns at once.

        Raises:
            Refused: there is no such topic.
            BrokerUnavailable: Kafka does not answer.
        """
        reader = CompactedReader(self._settings.kafka(), self._name, self._on_records)
        try:
            self.partitions = len(await asyncio.to_thread(reader.all_partitions))
        except KafkaException as failure:
            await asyncio.to_thread(reader.close)
            raise self._why(failure) from failure
        self._reader = reader.start(range(self.partitions))

    async def reached(self, partition: int, offset: int, timeout: float) -> bool:
        """Waits up to `timeout` seconds until the record at `offset` is in the state; whether it is."""
        assert self._reader is not None, "start the view first"
        try:
            async with asyncio.timeout(timeout):
                await asyncio.wrap_future(self._reader.reached(partition, offset))
        except TimeoutError:
            return False
        return True

    async def close(self) -> None:
        """Stops reading."""
        self._closing.set()
        if self._reader is not None:
            await asyncio.to_thread(self._reader.close)

    def _restored(self, reader: CompactedReader) -> "Iterable[Future[None]]":
        return (reader.restored(partition) for partition in range(self.partitions))

    def _on_records(self, messages: Sequence[Message]) -> None:
        changes = [change for message in messages if (change := self._change(message)) is not None]
        self.state.apply(changes)

    def _change(self, message: Message) -> Change | None:
        key, value = _bytes(message.key()), _bytes(message.value())
        while key is not None and not self._closing.is_set():
            try:
                return Change(key, None if value is None else self._record(value), message.timestamp()[1])
            except Permanent as error:
                self.undecodable += 1
                place = f"{message.topic()}:{message.partition()}:{message.offset()}"
                log.error("record of a view passed over", place=place, error=str(error))
                return None
            except Transient as error:
                # Passing it over would be a lie to the user who wrote it; the registry will come back.
                log.warning("view waits", topic=self._name, error=str(error))
                self._closing.wait(_PAUSE_S)
        return None

    def _record(self, value: bytes) -> dict[str, Any]:
        name, record = self._codec.decode(value)
        if name != self._record_name:
            raise UndecodableValue(f"the record is a {name}, not a {self._record_name}")
        return record

    def _why(self, failure: KafkaException) -> TidingsError:
        servers = self._settings.bootstrap_servers
        if failure.args[0].code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
            return Refused(f"Kafka at {servers} has no topic {self._name}: `tidings up` makes the topics")
        return BrokerUnavailable(f"no answer from Kafka at {servers}: is it running? `tidings up` starts one")


def _bytes(value: bytes | str | None) -> bytes | None:
    return value.encode() if isinstance(value, str) else value
