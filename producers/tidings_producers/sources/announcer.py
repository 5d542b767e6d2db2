"""Shell: announces what may be followed, but only what is not known already."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import wait

from confluent_kafka import KafkaException, Message
from tidings_schemas.codec import Codec
from tidings_schemas.compacted import CompactedReader
from tidings_schemas.errors import BrokerUnavailable, Permanent
from tidings_schemas.records import Followable
from tidings_schemas.settings import Settings
from tidings_schemas.topics import FOLLOWABLES

from tidings_producers.core.followables import changed
from tidings_producers.publisher import Publisher

_RESTORE_S = 60.0


def announce(settings: Settings, publisher: Publisher, wanted: Sequence[Followable]) -> int:
    """Announces those of `wanted` that Kafka does not hold just so, and returns how many.

    Raises:
        BrokerUnavailable: Kafka does not say what is known.
        RegistryUnavailable: the registry does not say how to read it.
        Undelivered: some did not reach Kafka.
    """
    values = _latest(settings)
    news = changed(dict(_decoded(values, publisher.codec)), wanted)
    for followable in news:
        publisher.announce(followable)
    publisher.flush()
    return len(news)


def _decoded(values: Mapping[str, bytes | None], codec: Codec) -> Iterator[tuple[str, Followable]]:
    for topic, value in values.items():
        try:
            yield topic, Followable.from_avro(codec.decode(value)[1])
        except (Permanent, TypeError):  # a tombstone, or not ours: as if it was not known
            continue


def _latest(settings: Settings) -> dict[str, bytes | None]:
    """The newest value of each followable in Kafka."""
    latest: dict[str, bytes | None] = {}

    def take(messages: Sequence[Message]) -> None:
        for message in messages:
            latest[(message.key() or b"").decode(errors="replace")] = message.value()

    reader = CompactedReader(settings.kafka(), settings.namespace.name(FOLLOWABLES), take)
    try:
        partitions = reader.all_partitions()  # before the thread starts: it keeps the consumer to itself
        reader.start(partitions)
        restored = [reader.restored(partition) for partition in partitions]
        if wait(restored, _RESTORE_S).not_done:
            raise BrokerUnavailable(f"Kafka did not give {FOLLOWABLES.name} within {_RESTORE_S:g} s")
    except KafkaException as error:
        raise BrokerUnavailable(f"Kafka does not say what may be followed already: {error.args[0].str()}") from error
    finally:
        reader.close()
    return latest
