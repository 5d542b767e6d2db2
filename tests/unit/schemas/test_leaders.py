"""A question to a partition's leader outlasts a moment without one."""

from collections.abc import Callable, Iterable

import pytest
from confluent_kafka import KafkaError, KafkaException
from tidings_schemas.leaders import from_leader


def answers(*each: int | Exception) -> Callable[[], int]:
    """Gives one after the other."""
    left: Iterable[int | Exception] = iter(each)

    def ask() -> int:
        answer = next(iter(left))
        if isinstance(answer, Exception):
            raise answer
        return answer

    return ask


def told(code: int) -> KafkaException:
    """What librdkafka raises."""
    return KafkaException(KafkaError(code))


@pytest.mark.parametrize("code", [KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.LEADER_NOT_AVAILABLE])
def test_it_is_asked_again_while_there_is_no_leader(code: int) -> None:
    """The topic is new."""
    assert from_leader(answers(told(code), told(code), 7), patience=10) == 7


def test_any_other_error_is_told_at_once() -> None:
    """Waiting would not help."""
    with pytest.raises(KafkaException, match="UNKNOWN_TOPIC_OR_PART"):
        from_leader(answers(told(KafkaError.UNKNOWN_TOPIC_OR_PART), 7), patience=10)


def test_patience_ends() -> None:
    """Then the caller hears what it was."""
    with pytest.raises(KafkaException, match="NOT_LEADER"):
        from_leader(answers(told(KafkaError.NOT_LEADER_FOR_PARTITION), 7), patience=-1)
