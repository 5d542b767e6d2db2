"""The topic `rules`: what it holds, and putting rules there."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import yaml
from confluent_kafka import KafkaError, KafkaException, Producer
from tidings_schemas.catalogue import Catalogue
from tidings_schemas.errors import Refused, TidingsError
from tidings_schemas.kafka_errors import typed
from tidings_schemas.topics import FOLLOWS, PREFERENCES, RULES, parse_follow_key

from . import tail
from .core.rules import BadRules, Rule, read_rule
from .settings import Settings

#: Whoever applies rules has this transactional id (the namespace before it), so that one fences off the other.
WRITER = "tidings-rules"
_TIMEOUT_S = 30.0
_FENCED = {KafkaError._FENCED, KafkaError.PRODUCER_FENCED, KafkaError.INVALID_PRODUCER_EPOCH}


def texts(settings: Settings) -> dict[str, str]:
    """The rules' texts by name, as the topic holds them now.

    Raises:
        KafkaException: no answer, or no such topic: `tidings prepare` makes it.
    """
    return {
        key.decode(errors="replace"): value.decode(errors="replace")
        for key, value in _latest(settings, RULES.name, 1).items()
    }


def compiled(settings: Settings, catalogue: Catalogue) -> tuple[dict[str, Rule], list[BadRules]]:
    """The topic's rules, and what is wrong with those that do not compile (workers leave those out)."""
    rules, wrong = {}, []
    for name, text in texts(settings).items():
        try:
            rules[name] = read_rule(text, catalogue, f"topic rules, {name}")
        except BadRules as error:
            wrong.append(error)
    return rules, wrong


def put(settings: Settings, changes: Mapping[str, Rule | None]) -> None:
    """Puts rules there, and withdraws those that are None; returns when Kafka has them.

    In one transaction, so that a reader sees all of it or nothing, however much it is. Two at once do not mix: the one
    that began last has its way.

    Raises:
        BrokerUnavailable, Refused: nothing of it is there, or Kafka did not say whether it is.
    """
    topic, writer = settings.namespace.name(RULES), settings.namespace.name(WRITER)
    producer = Producer(settings.kafka(**{"transactional.id": writer}))
    failed: list[KafkaError] = []
    try:
        producer.init_transactions(_TIMEOUT_S)
        producer.begin_transaction()
        for name, rule in changes.items():
            value = None if rule is None else text_of(rule).encode()
            producer.produce(topic, value, name.encode(), 0, lambda e, _: failed.append(e) if e else None)
        producer.commit_transaction(_TIMEOUT_S)
    except KafkaException as error:
        cause = failed[0] if failed else error.args[0]
        with suppress(KafkaException):  # else readers would wait for its end
            producer.abort_transaction(_TIMEOUT_S)
        raise told(cause, writer) from error


def told(error: KafkaError, writer: str) -> TidingsError:
    """The error that a transaction on the topic `rules` met, with the remedy in its text."""
    if error.code() in _FENCED:
        return Refused(
            "another `tidings rules apply` began meanwhile; nothing of this one is in force. "
            "See `tidings rules diff` and apply again"
        )
    if error.code() == KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
        return Refused(f"Kafka lets you not write with the transactional id {writer}: allow Write and Describe on it")
    return typed(error, RULES.name)


def text_of(rule: Rule) -> str:
    """A rule as YAML, as the topic holds it."""
    return yaml.safe_dump(rule.spec, sort_keys=False, allow_unicode=True, width=110)


def follows_of(settings: Settings, user: str) -> set[str]:
    """The topics that a user follows now. Reads the whole topic `follows`."""
    keys = (parse_follow_key(key) for key in _latest(settings, FOLLOWS.name, settings.partitions))
    return {topic for topic, follower in keys if follower == user}


def preference_bytes(settings: Settings, user: str) -> bytes | None:
    """A user's wishes as they were written; None if there are none. Reads the whole topic `preferences`."""
    return _latest(settings, PREFERENCES.name, settings.partitions).get(user.encode())


def _latest(settings: Settings, topic: str, partitions: int) -> dict[bytes, bytes]:
    """The last value of each key."""
    config: dict[str, Any] = settings.kafka(log_level=0)  # what goes wrong is raised, and told once
    name = settings.namespace.name(topic)
    latest: dict[bytes, bytes] = {}
    for message in tail.between(config, name, tail.ends(config, name, list(range(partitions)))):
        key, value = message.key(), message.value()
        if isinstance(key, bytes) and isinstance(value, bytes):
            latest[key] = value
        elif isinstance(key, bytes):
            latest.pop(key, None)
    return latest
