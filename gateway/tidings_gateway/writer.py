"""Shell: writes the gateway's own records and others' events to Kafka, and waits for the broker's word."""

import asyncio
from collections.abc import Sequence

import structlog
from tidings_schemas import Event, Follow, Preference, Receipt
from tidings_schemas.codec import Codec
from tidings_schemas.delivery import Delivery, RecordMetadata
from tidings_schemas.errors import BrokerUnavailable, TidingsError, Undelivered
from tidings_schemas.outgoing import Outbox, Outgoing
from tidings_schemas.partitioner import partition_of
from tidings_schemas.producer import Producer
from tidings_schemas.records import AvroRecord
from tidings_schemas.settings import Settings
from tidings_schemas.topics import FOLLOWS, PREFERENCES, RECEIPTS, follow_key

log = structlog.get_logger(__name__)

#: Beyond what the producer itself waits, so that its own, more telling error comes first.
_GRACE_S = 2.0
_LINGER_MS = 1.0  # somebody waits for each of these records


class Writer:
    """Every method returns once all in-sync replicas have the record.

    Args:
        timeout_s: how long Kafka has to take a record.

    Raises:
        Transient: Kafka or the registry does not answer, or not in time; the record may still be written.
        Permanent: the record can never be written.
    """

    def __init__(self, settings: Settings, codec: Codec, timeout_s: float) -> None:
        self._settings = settings
        self._codec = codec
        self._outbox = Outbox(codec, settings.max_event_bytes)
        self._timeout_s = timeout_s

    def start(self) -> None:
        """Makes the producer, which connects when it is first used."""
        self._producer = Producer(self._settings, delivery_timeout=self._timeout_s, linger_ms=_LINGER_MS)

    async def follow(self, follow: Follow, partitions: int) -> RecordMetadata:
        """Writes a follow, partitioned by the followed topic."""
        return await self._follow(follow.topic, follow.user, await self._encode(follow), partitions)

    async def unfollow(self, topic: str, user: str, partitions: int) -> RecordMetadata:
        """Ends a follow by a tombstone."""
        return await self._follow(topic, user, None, partitions)

    async def preference(self, preference: Preference) -> RecordMetadata:
        """Writes how a user wants to be told."""
        value = await self._encode(preference)
        return await self._acked(await self._producer.produce_async(PREFERENCES, preference.user.encode(), value))

    async def receipt(self, receipt: Receipt) -> RecordMetadata:
        """Writes what a device tells of notifications."""
        value = await self._encode(receipt)
        return await self._acked(await self._producer.produce_async(RECEIPTS, receipt.user.encode(), value))

    async def events(self, events: Sequence[Event]) -> list[RecordMetadata | TidingsError]:
        """Writes events in order; for each its place, or what kept it from Kafka.

        Raises:
            TidingsError: one of them cannot be encoded or is too large; then none is written.
        """
        records = await asyncio.to_thread(lambda: [self._outbox.record_of(event) for event in events])
        deliveries = [await self._hand_over(record) for record in records]
        return [await self._outcome(delivery) for delivery in deliveries]

    async def _hand_over(self, record: Outgoing) -> Delivery | TidingsError:
        try:
            return await self._producer.produce_async(*record)
        except TidingsError as error:
            return error

    async def _outcome(self, delivery: Delivery | TidingsError) -> RecordMetadata | TidingsError:
        try:
            return delivery if isinstance(delivery, TidingsError) else await self._acked(delivery)
        except TidingsError as error:
            return error

    async def _follow(self, topic: str, user: str, value: bytes | None, partitions: int) -> RecordMetadata:
        partition = partition_of(topic, partitions)
        key = follow_key(topic, user)
        return await self._acked(await self._producer.produce_async(FOLLOWS, key, value, partition=partition))

    async def _encode(self, record: AvroRecord) -> bytes:
        # In a thread, since the first record of a kind asks the registry for its schema's id.
        return await asyncio.to_thread(self._codec.encode, record.avro_name, record.to_avro())

    async def _acked(self, delivery: Delivery) -> RecordMetadata:
        try:
            async with asyncio.timeout(self._timeout_s + _GRACE_S):
                return await delivery
        except TimeoutError:
            raise BrokerUnavailable(f"Kafka did not acknowledge within {self._timeout_s} s.") from None

    async def close(self) -> None:
        """Writes out what waits, and ends the producer."""
        try:
            await self._producer.close_async(self._timeout_s)
        except Undelivered as error:  # every request has been answered by now, so nobody was told that it was written
            log.warning("some records did not reach Kafka", error=str(error))
