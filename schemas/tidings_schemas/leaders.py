"""Questions that only a partition's leader answers, such as its bounds: asked again while there is none."""

from collections.abc import Callable
from time import monotonic, sleep
from typing import TypeVar

from confluent_kafka import KafkaError, KafkaException

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
