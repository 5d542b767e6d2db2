"""Shell: makes the topics that `topics` describes."""

import time
from collections.abc import Collection, Iterable

from confluent_kafka import KafkaError, KafkaException, TopicCollection
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]

from .errors import BrokerUnavailable, Refused
from .kafka_errors import UNREACHABLE
from .settings import Settings
from .topics import CORE, DOMAINS, Topic, events_topic

_LOOK_S = 0.1


def default_topics(domains: Iterable[str] = DOMAINS) -> list[Topic]:
    """Tidings' own topics and those of the given domains' events."""
    return [*CORE, *(events_topic(domain) for domain in domains)]


def reach(settings: Settings, timeout: float = 10.0) -> None:
    """Returns once Kafka answers.

    Raises:
        BrokerUnavailable: no answer within `timeout` seconds.
    """
    try:
        AdminClient(settings.kafka()).list_topics(timeout=timeout)
    except KafkaException as failure:
        raise _away(settings) from failure


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
            if failure.args[0].code() in UNREACHABLE:
                raise _away(settings) from failure
            _unless_exists(failure.args[0], name)
        except TimeoutError as failure:
            raise _away(settings) from failure
    _until_known(admin, made, timeout, settings)
    return made


def _until_known(admin: AdminClient, names: Collection[str], timeout: float, settings: Settings) -> None:
    """The controller answers before the brokers know of the new topics; a program started now would miss them."""
    deadline = time.monotonic() + timeout
    while names and not _known(admin, names, timeout):
        if time.monotonic() > deadline:
            raise BrokerUnavailable(
                f"Kafka at {settings.bootstrap_servers} made topics, but does not know of all of them yet: try again"
            )
        time.sleep(_LOOK_S)


def _known(admin: AdminClient, names: Collection[str], timeout: float) -> bool:
    asked = admin.describe_topics(TopicCollection(list(names)), request_timeout=timeout)
    return all(future.exception(timeout + 1) is None for future in asked.values())


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
    if error.retriable():
        raise BrokerUnavailable(f"could not make topic {name}: {error.str()}")
    raise Refused(f"could not make topic {name}: {error.str()}")


def _away(settings: Settings) -> BrokerUnavailable:
    return BrokerUnavailable(
        f"Kafka at {settings.bootstrap_servers} did not answer: is it up? `tidings up` starts one; "
        "KAFKA_BOOTSTRAP_SERVERS names another"
    )
