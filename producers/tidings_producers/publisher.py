"""For backend services: publish events to Kafka, and know that they arrived."""

import asyncio
import atexit
from time import monotonic, sleep
from types import TracebackType
from typing import Any, Self

import structlog
from tidings_schemas import catalogue as shipped
from tidings_schemas.catalogue import Catalogue
from tidings_schemas.codec import Codec, Schemas
from tidings_schemas.delivery import Delivery
from tidings_schemas.errors import RegistryUnavailable, Undelivered
from tidings_schemas.event import Event
from tidings_schemas.outgoing import Outbox, Outgoing
from tidings_schemas.producer import Producer
from tidings_schemas.records import Followable
from tidings_schemas.registry import Registry
from tidings_schemas.settings import Settings
from tidings_schemas.topics import FOLLOWABLES

log = structlog.get_logger(__name__)

_AT_EXIT_S = 10.0


class Publisher:
    """Publishes events in order of each subject, each with a receipt.

    Example, in threads::

        with Publisher() as publisher:
            receipt = publisher.publish(event)
            print(receipt.result())        # RecordMetadata(topic, partition, offset): it is safe now

    and in coroutines, where entering gives an `AsyncPublisher`::

        async with Publisher() as publisher:
            receipt = await publisher.publish(event)
            print(await receipt)

    Safe to share between threads. `close` (or the end of the `with`) sends what waits; a publisher that nobody closes
    does so when the interpreter ends.

    Args:
        settings: how to reach Kafka and the registry; from the environment if None.
        catalogue: known event types; the shipped ones and those of `TIDINGS_SCHEMAS` if None.
        schemas: where schema ids come from; the registry of the settings if None.
        registry_wait: seconds to wait for a registry that does not answer; only a type's first event asks it.
        producer: further arguments of `tidings_schemas.producer.Producer`: `delivery_timeout`, `buffer_records`,
            `buffer_bytes`, `linger_ms`, `config`.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        catalogue: Catalogue | None = None,
        schemas: Schemas | None = None,
        registry_wait: float = 30.0,
        **producer: Any,
    ) -> None:
        settings = settings or Settings()
        self._registry = None if schemas else Registry(settings.registry_url, settings.registry_auth.get_secret_value())
        self._codec = Codec(catalogue or shipped.load(), schemas or self._registry)  # type: ignore[arg-type]
        self._outbox = Outbox(self._codec, settings.max_event_bytes)
        self._registry_wait = registry_wait
        self._producer = Producer(settings, **producer)
        atexit.register(self._at_exit)

    def publish(self, event: Event, timeout: float = 30.0) -> Delivery:
        """Hands an event over and returns its receipt; blocks while the buffer is full, at most `timeout` seconds.

        Raises:
            InvalidEvent: the event does not fit its schema; `field` names the field. Nothing was sent.
            UnknownEventType, OversizeValue, SchemaNotRegistered: see `tidings_schemas.errors`. Nothing was sent.
            RegistryUnavailable: the first event of its type, and no answer within `registry_wait`.
            BufferFull: no room within `timeout`; slow down and publish it again.
            RuntimeError: the publisher is closed.
        """
        return self._producer.produce(*self._outgoing(event), timeout=timeout)

    def announce(self, followable: Followable, timeout: float = 30.0) -> Delivery:
        """Says that something may be followed, so that users find it. Raises: as `publish`."""
        self._learn(followable.avro_name)
        value = self._codec.encode(followable.avro_name, followable.to_avro())
        return self._producer.produce(FOLLOWABLES, followable.topic.encode(), value, timeout=timeout)

    def withdraw(self, topic: str, timeout: float = 30.0) -> Delivery:
        """Takes back what was announced; existing follows stay. Raises: BufferFull, RuntimeError."""
        return self._producer.produce(FOLLOWABLES, topic.encode(), None, timeout=timeout)

    def flush(self, timeout: float | None = None) -> None:
        """Waits until Kafka has answered for every event so far.

        Raises:
            Undelivered: some did not arrive and nobody has read their receipts, or some still wait after `timeout`.
        """
        self._producer.flush(timeout)

    def close(self, timeout: float | None = None) -> None:
        """Sends what waits, gives up what is left after `timeout` seconds (None: as long as it may take), and ends.

        Raises:
            Undelivered: as `flush`; `deliveries` says what was given up.
        """
        atexit.unregister(self._at_exit)
        try:
            self._producer.close(timeout)
        finally:
            if self._registry:
                self._registry.close()

    @property
    def codec(self) -> Codec:
        """What writes its events; `codec.catalogue` holds the types that it knows."""
        return self._codec

    @property
    def waiting(self) -> int:
        """How many events wait for Kafka's answer."""
        return self._producer.waiting

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    async def __aenter__(self) -> "AsyncPublisher":
        return AsyncPublisher(self)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.close)

    def _outgoing(self, event: Event) -> Outgoing:
        if not self._codec.knows_id_of(event.type):
            self._codec.check(event.type, event.data)  # what is wrong anyway need not wait for the registry
            self._learn(event.type)
        return self._outbox.record_of(event)

    def _learn(self, name: str) -> None:
        deadline, pause = monotonic() + self._registry_wait, 0.1
        while not self._codec.knows_id_of(name):
            try:
                self._codec.learn_id_of(name)
            except RegistryUnavailable as error:
                if monotonic() + pause > deadline:
                    raise
                log.warning("waiting for the schema registry", type=name, error=str(error))
                sleep(pause)
                pause = min(pause * 2, 2.0)

    def _at_exit(self) -> None:
        try:
            self.close(_AT_EXIT_S)
        except Undelivered as error:
            log.error("the publisher was not closed, and events were lost at exit", error=str(error))


class AsyncPublisher:
    """`Publisher` for coroutines: waits, for room or for the registry, without blocking the loop."""

    def __init__(self, publisher: Publisher | None = None) -> None:
        self._publisher = publisher or Publisher()

    async def publish(self, event: Event, timeout: float = 30.0) -> Delivery:
        """Hands an event over and returns its receipt, to be awaited. Raises: as `Publisher.publish`."""
        publisher = self._publisher
        if publisher._codec.knows_id_of(event.type):
            outgoing = publisher._outgoing(event)
        else:
            outgoing = await asyncio.to_thread(publisher._outgoing, event)
        return await publisher._producer.produce_async(*outgoing, timeout=timeout)

    async def announce(self, followable: Followable, timeout: float = 30.0) -> Delivery:
        """As `Publisher.announce`."""
        return await asyncio.to_thread(self._publisher.announce, followable, timeout)

    async def flush(self, timeout: float | None = None) -> None:
        """As `Publisher.flush`."""
        await asyncio.to_thread(self._publisher.flush, timeout)

    async def close(self, timeout: float | None = None) -> None:
        """As `Publisher.close`."""
        await asyncio.to_thread(self._publisher.close, timeout)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        await self.close()
