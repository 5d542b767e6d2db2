"""One rule, compiled."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from tidings_schemas import Priority

from tidings_processors.core.audience import Audience
from tidings_processors.core.condition import Condition
from tidings_processors.core.template import Words
from tidings_processors.core.text import Texts

from .spec import DigestSpec


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """Which events matter, to whom, and what to say.

    Attributes:
        name: unique among rules; a part of every notification's id.
        version: hash of what the rule says, so that a replay knows which one it was.
        event_type: full name of the Avro record that it is about.
        source_topic: Kafka topic to read; None = the domains' `events.*`.
        condition: which events of that type; None = all.
        audience: whom to tell.
        kind: what it is about, for mutes and channels.
        collapse_key: of several unseen notifications with the same key only the newest matters.
        ttl: how long a notification is worth delivering; None = as long as the topic keeps it.
        digest: when what is gathered is told as one (a span after the first, or by the user's clock `hourly` or
            `daily@HH:MM`), and how many titles are listed; None = each by itself.
        url: where to read more.
        words_use: the event's fields, and `event`, that texts, collapse key or url mention; nothing else is decoded.
        enabled: False switches it off (and, on the topic `rules`, the rule of that name in the file).
        spec: the rule as it was written, plain data.
    """

    name: str
    version: str
    event_type: str
    source_topic: str | None
    condition: Condition | None
    audience: Audience
    kind: str
    priority: Priority
    texts: Texts
    words_use: frozenset[str]
    collapse_key: Words | None = None
    url: Words | None = None
    ttl: timedelta | None = None
    digest: DigestSpec | None = None
    enabled: bool = True
    spec: dict[str, Any] = field(default_factory=dict)
