"""Whose fault an error of Kafka's was."""

import pytest
from confluent_kafka import KafkaError
from tidings_schemas.errors import BrokerUnavailable, OversizeValue, Refused, TidingsError
from tidings_schemas.kafka_errors import typed


@pytest.mark.parametrize(
    ("error", "kind", "remedy"),
    [
        (KafkaError(KafkaError._MSG_TIMED_OUT), BrokerUnavailable, "in time"),
        (KafkaError(KafkaError._ALL_BROKERS_DOWN), BrokerUnavailable, "in time"),
        (KafkaError(KafkaError._PURGE_QUEUE), BrokerUnavailable, "given up"),
        (KafkaError(KafkaError.NOT_ENOUGH_REPLICAS, retriable=True), BrokerUnavailable, "could not take"),
        (KafkaError(KafkaError.INVALID_PRODUCER_EPOCH, fatal=True), BrokerUnavailable, "open a new one"),
        (KafkaError(KafkaError.MSG_SIZE_TOO_LARGE), OversizeValue, "larger"),
        (KafkaError(KafkaError._UNKNOWN_TOPIC), Refused, "tidings prepare"),
        (KafkaError(KafkaError.TOPIC_AUTHORIZATION_FAILED), Refused, "refused"),
    ],
)
def test_the_class_says_whether_to_retry(error: KafkaError, kind: type[TidingsError], remedy: str) -> None:
    """Transient when the same record may pass later, permanent when it will not; the text says what to do."""
    found = typed(error, "events.demo")
    assert type(found) is kind
    assert found.retryable is (kind is BrokerUnavailable)
    assert remedy in str(found)
