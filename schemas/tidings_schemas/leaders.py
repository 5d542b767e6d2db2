"""Questions that only a partition's leader answers, such as its bounds: asked again while there is none."""

from collections.abc import Callable
from time import monotonic, sleep
from typing import TypeVar

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

T = TypeVar("T")

#: Codes of a partition that has no leader just now, or another one than asked.
LEADERLESS = (KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.LEADER_NOT_AVAILABLE)
_AGAIN_S = 0.2


def from_leader(ask: Callable[[], T], patience: float) -> T:
    """The answer. A partition has no leader for a moment when its topic is new, and when its broker goes.

    Args:
        patience: seconds for which it is asked again. Blocks as long.

    Raises:
        KafkaException: as `ask` raises it: another error, or still no leader.
    """
    deadline = monotonic() + patience
    while True:
        try:
            return ask()
        except KafkaException as error:
            reason = error.args[0]
            if not (isinstance(reason, KafkaError) and reason.code() in LEADERLESS) or monotonic() > deadline:
                raise
            sleep(_AGAIN_S)


def bounds_of(consumer: Consumer, place: TopicPartition, patience: float) -> tuple[int, int]:
    """The first offset of a partition, and the next one; asked as `from_leader` does. For the thread that polls.

    librdkafka has been seen to say "unknown partition" of a topic ever after, at once and from memory, when its first
    question for it was lost with a broker that stood still: so it is made to ask for the topic anew.

    Raises:
        KafkaException: no answer, or no such partition.
    """

    def ask() -> tuple[int, int]:
        low, high = consumer.get_watermark_offsets(place, timeout=patience)
        return low, high

    def ask_afresh() -> tuple[int, int]:
        try:
            return ask()
        except KafkaException as error:
            if error.args[0].code() != KafkaError._UNKNOWN_PARTITION:
                raise
        consumer.list_topics(place.topic, timeout=patience)
        return ask()

    return from_leader(ask_afresh, patience)
