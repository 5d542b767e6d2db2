"""Shell: what the broker knows about the partitions that a span asks for."""

from collections.abc import Iterable
from difflib import get_close_matches
from functools import partial

from confluent_kafka import Consumer, KafkaException, TopicPartition
from tidings_schemas.errors import BrokerUnavailable
from tidings_schemas.leaders import LEADERLESS, from_leader
from tidings_schemas.settings import Settings

from .core.errors import NothingThere
from .core.plan import Partition, Plan, plan
from .core.span import At, Bound
from .reader import Limits, configuration

_TIMEOUT = 20.0
_PATIENCE = 10.0


def plan_topics(
    settings: Settings,
    topics: Iterable[str],
    since: Bound,
    until: Bound,
    *,
    only: frozenset[int] | None = None,
    empty: bool = False,
) -> Plan:
    """The plan for a span of some topics (bare names).

    Raises:
        NothingThere: a topic does not exist; the text lists those that do.
        BrokerUnavailable: Kafka does not answer.
        BadSpan: see `core.plan.plan`.
    """
    consumer = Consumer(configuration(settings, Limits()) | {"auto.offset.reset": "earliest"})
    try:
        asked = (partial(_partitions, consumer, settings, topic, since, until, only) for topic in topics)
        known = [partition for ask in asked for partition in from_leader(ask, _PATIENCE)]
    except KafkaException as error:
        raise BrokerUnavailable(
            f"Kafka at {settings.bootstrap_servers} did not answer: {error.args[0].str()}; is it running?"
        ) from error
    finally:
        consumer.close()
    return plan(known, since, until, only=only, empty=empty)


def topic_names(settings: Settings) -> list[str]:
    """Bare names of the namespace's topics, Kafka's own left out.

    Raises:
        BrokerUnavailable: Kafka does not answer.
    """
    consumer = Consumer(configuration(settings, Limits()))
    try:
        names = consumer.list_topics(timeout=_TIMEOUT).topics
    except KafkaException as error:
        raise BrokerUnavailable(f"Kafka at {settings.bootstrap_servers} did not answer; is it running?") from error
    finally:
        consumer.close()
    ours = (name for name in names if name.startswith(settings.prefix) and not name.startswith("__"))
    return sorted(settings.namespace.bare(name) for name in ours)


def unknown_topic(topic: str, existing: list[str]) -> str:
    """What to say of a topic that does not exist: what was meant, if that can be guessed, and what there is."""
    close = get_close_matches(topic, existing, n=1)
    meant = f" did you mean {close[0]}?" if close else ""
    return f"there is no topic {topic!r};{meant} there are: {', '.join(existing) or 'none'}"


def _partitions(
    consumer: Consumer, settings: Settings, topic: str, since: Bound, until: Bound, only: frozenset[int] | None
) -> list[Partition]:
    name = settings.namespace.name(topic)
    found = consumer.list_topics(name, timeout=_TIMEOUT).topics[name]
    if found.error is not None and found.error.code() in LEADERLESS:
        raise KafkaException(found.error)
    if found.error is not None or not found.partitions:
        raise NothingThere(unknown_topic(topic, topic_names(settings)))
    numbers = sorted(p for p in found.partitions if only is None or p in only)
    if not numbers:
        raise NothingThere(f"{topic} has partitions 0 to {max(found.partitions)}, none of those asked for")
    marks = {p: consumer.get_watermark_offsets(TopicPartition(name, p), timeout=_TIMEOUT) for p in numbers}
    first = _by_time(consumer, name, numbers, since)
    last = _by_time(consumer, name, numbers, until)
    return [
        Partition(topic, p, *marks[p], first[p], last[p], _first_ms(consumer, name, p, *marks[p], since))
        for p in numbers
    ]


def _by_time(consumer: Consumer, name: str, numbers: list[int], bound: Bound) -> dict[int, int | None]:
    """First offset of each partition whose timestamp is not before the bound; None where there is none."""
    if not isinstance(bound, At) or not numbers:
        return dict.fromkeys(numbers)
    asked = [TopicPartition(name, p, bound.ms) for p in numbers]
    answer = consumer.offsets_for_times(asked, timeout=_TIMEOUT)
    return {tp.partition: tp.offset if tp.offset >= 0 else None for tp in answer}


def _first_ms(consumer: Consumer, name: str, partition: int, low: int, high: int, since: Bound) -> int | None:
    """Timestamp of the first record kept: asked for only where something before it may have gone."""
    if low == 0 or high == low or not isinstance(since, At):
        return None
    consumer.assign([TopicPartition(name, partition, low)])
    for _ in range(20):
        for message in consumer.consume(1, 0.5):
            consumer.unassign()
            return None if message.error() else message.timestamp()[1]
    consumer.unassign()
    return None
