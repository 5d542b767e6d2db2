"""What the topics hold of one event and one user, as plain data. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tidings_schemas.cloudevents import Envelope


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record lies (bare topic), and its Kafka timestamp."""

    topic: str
    partition: int
    offset: int
    at: datetime

    def __str__(self) -> str:
        return f"{self.topic}/{self.partition} offset {self.offset}"

    @property
    def source(self) -> str:
        """How a stage names it in `tidings-src`, but for the index."""
        return f"{self.topic}:{self.partition}:{self.offset}"


@dataclass(frozen=True, slots=True)
class Happened:
    """An event: its envelope, its record's name and fields; `error` says why it cannot be decoded, if it cannot."""

    place: Place
    envelope: Envelope
    name: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A record that a stage wrote, decoded.

    Attributes:
        source: the record that it came of, as `Place.source`.
        excepted: the header `tidings-shared` of a draft, None if it has none.
    """

    place: Place
    fields: Mapping[str, Any]
    key: bytes | None = None
    source: str = ""
    excepted: bytes | None = None


@dataclass(frozen=True, slots=True)
class FollowChange:
    """The user began to follow (`since`), or ended it (None), as written at `at`."""

    topic: str
    at: datetime
    since: datetime | None


def followed_at(changes: Iterable[FollowChange], topic: str, moment: datetime) -> bool:
    """Whether the user followed the topic then."""
    then = [change for change in changes if change.topic == topic and (change.since or change.at) <= moment]
    return bool(then) and then[-1].since is not None


@dataclass(slots=True)
class Evidence:
    """All that was found, each list in the order of its partition.

    Attributes:
        notifications: the user's own. shared: those of their partition that all followers of a topic share.
        read_states: what the user's devices said of notifications.
        letters: dead letters of the event, its matches and drafts.
        now: when it was looked up.
    """

    user: str
    event: Happened
    now: datetime
    matches: list[Found] = field(default_factory=list)
    drafts: list[Found] = field(default_factory=list)
    decisions: list[Found] = field(default_factory=list)
    notifications: list[Found] = field(default_factory=list)
    shared: list[Found] = field(default_factory=list)
    read_states: list[Found] = field(default_factory=list)
    letters: list[Found] = field(default_factory=list)
    follows: list[FollowChange] = field(default_factory=list)
