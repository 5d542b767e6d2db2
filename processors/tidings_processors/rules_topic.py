"""The topic `rules`: what it holds, and putting rules there."""

from collections.abc import Mapping
from typing import Any

import yaml
from tidings_schemas.catalogue import Catalogue
from tidings_schemas.producer import Producer
from tidings_schemas.topics import FOLLOWS, PREFERENCES, RULES, parse_follow_key

from . import tail
from .core.rules import BadRules, Rule, read_rule
from .settings import Settings


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

    Raises:
        BrokerUnavailable, Refused: Kafka did not take one.
    """
    with Producer(settings, linger_ms=0) as producer:
        deliveries = [
            producer.produce(RULES, name.encode(), None if rule is None else text_of(rule).encode())
            for name, rule in changes.items()
        ]
        for delivery in deliveries:
            delivery.result(30.0)


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
