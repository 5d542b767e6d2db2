"""Shell: makes the topics that `topics` describes."""

from collections.abc import Iterable

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]

from .errors import BrokerUnavailable, Refused
from .settings import Settings
from .topics import CORE, DOMAINS, Topic, events_topic


def default_topics(domains: Iterable[str] = DOMAINS) -> list[Topic]:
    """Tidings' own topics and those of the given domains' events."""
    return [*CORE, *(events_topic(domain) for domain in domains)]


def ensure_topics(settings: Settings, topics: Iterable[Topic] | None = None, timeout: float = 20.0) -> list[str]:
    """Makes the topics that are missing; one that exists is left as it is. Returns the new names.

    Raises:
        BrokerUnavailable: no answer within `timeout` seconds.
        Refused: the cluster said no for good.
    """
    admin = AdminClient(settings.kafka())
    futures = admin.create_topics([_new(settings, t) for t in topics or default_topics()], request_timeout=timeout)
    made = []
    for name, future in futures.items():
        try:
            future.result(timeout)
            made.append(name)
        except KafkaException as failure:
            _unless_exists(failure.args[0], name)
        except TimeoutError as failure:
            raise BrokerUnavailable(f"Kafka at {settings.bootstrap_servers} did not answer") from failure
    return made


def _new(settings: Settings, topic: Topic) -> NewTopic:
    return NewTopic(
        settings.namespace.name(topic),
        num_partitions=topic.partitions or settings.partitions,
        replication_factor=settings.replication,
        config=topic.config(),
    )


def _unless_exists(error: KafkaError, name: str) -> None:
    if error.code() == KafkaError.TOPIC_ALREADY_EXISTS:
        return
    if error.retriable() or error.code() in (
        KafkaError._TIMED_OUT,
        KafkaError._TRANSPORT,
        KafkaError._ALL_BROKERS_DOWN,
    ):
        raise BrokerUnavailable(f"could not make topic {name}: {error.str()}")
    raise Refused(f"could not make topic {name}: {error.str()}")
