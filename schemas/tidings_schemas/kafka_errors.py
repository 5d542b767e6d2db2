"""librdkafka's errors as Tidings' own: whose fault it was and whether to retry."""

from confluent_kafka import KafkaError, KafkaException

from .errors import BrokerUnavailable, OversizeValue, Refused, TidingsError

#: Codes of a cluster that did not answer, or not in time.
UNREACHABLE = {
    KafkaError._MSG_TIMED_OUT,
    KafkaError._TIMED_OUT,
    KafkaError._TIMED_OUT_QUEUE,
    KafkaError._TRANSPORT,
    KafkaError._ALL_BROKERS_DOWN,
    KafkaError._RESOLVE,
}
_GIVEN_UP = {KafkaError._PURGE_QUEUE, KafkaError._PURGE_INFLIGHT}
_TOO_LARGE = {KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.RECORD_LIST_TOO_LARGE}
_NO_TOPIC = {KafkaError._UNKNOWN_TOPIC, KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_PARTITION}


def unread(error: KafkaException, servers: str) -> BrokerUnavailable:
    """The error that reading our own topics met: what the client says, without its codes, and the remedy."""
    reason = error.args[0]
    text = reason.str() if isinstance(reason, KafkaError) else str(reason)
    return BrokerUnavailable(f"Kafka at {servers}: {text}; is it up, and were its topics made by `tidings prepare`?")


def typed(error: KafkaError, topic: str) -> TidingsError:
    """The error that a record on `topic` met, with the remedy in its text."""
    code, text = error.code(), error.str()
    if code in UNREACHABLE:
        return BrokerUnavailable(f"Kafka did not take a record on {topic} in time: {text}")
    if code in _GIVEN_UP:
        return BrokerUnavailable(f"a record on {topic} was given up when the producer closed; it may have arrived")
    if code in _TOO_LARGE:
        return OversizeValue(f"the record is larger than {topic} allows: {text}")
    if code in _NO_TOPIC:
        return Refused(f"there is no topic or partition {topic}: make it with `tidings prepare`")
    if error.fatal():
        return BrokerUnavailable(f"the producer cannot go on, open a new one: {text}")
    if error.retriable():
        return BrokerUnavailable(f"Kafka could not take a record on {topic}: {text}")
    return Refused(f"Kafka refused a record on {topic}: {text}")
