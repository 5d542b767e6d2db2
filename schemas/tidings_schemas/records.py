"""The records of Tidings' own topics, as frozen dataclasses; fields and units as documented in `avro/`."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Self


class Priority(StrEnum):
    """How urgent a notification is; `critical` overrides quiet hours."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    CRITICAL = "critical"


class State(StrEnum):
    """What became of a notification on a device."""

    SEEN = "seen"
    READ = "read"
    DISMISSED = "dismissed"
    UNREAD = "unread"


class AvroRecord:
    """A dataclass whose fields are those of the Avro record `avro_name`."""

    __slots__: ClassVar[tuple[str, ...]] = ()
    avro_name: ClassVar[str]

    def to_avro(self) -> dict[str, Any]:
        """The record's fields, as `Codec.encode` takes them."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def from_avro(cls, record: Mapping[str, Any]) -> Self:
        """The dataclass of a decoded record; fields that it does not know are left out."""
        return cls(**{f.name: record[f.name] for f in fields(cls) if f.name in record})  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Draft(AvroRecord):
    """An event that a rule matched, on its way; the Kafka key says to whom."""

    avro_name: ClassVar[str] = "tidings.Draft"
    rule: str
    rule_version: str
    topic: str | None
    event_id: str
    event_source: str
    event_type: str
    event_subject: str
    event_time: datetime
    traceparent: str | None
    payload: bytes


@dataclass(frozen=True, slots=True)
class Notification(AvroRecord):
    """What a user sees."""

    avro_name: ClassVar[str] = "tidings.Notification"
    id: str
    user: str
    rule: str
    kind: str
    topic: str | None
    title: str
    body: str
    url: str | None
    priority: str
    collapse_key: str | None
    locale: str
    event_id: str
    event_type: str
    event_time: datetime
    created_at: datetime
    expires_at: datetime | None = None
    count: int = 1
    items: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class SharedNotification(AvroRecord):
    """What all followers of a popular topic see. `texts`: [{locale, title, body, readers}, …], the default first."""

    avro_name: ClassVar[str] = "tidings.SharedNotification"
    id: str
    rule: str
    kind: str
    topic: str
    texts: list[dict[str, Any]]
    url: str | None
    priority: str
    collapse_key: str | None
    event_id: str
    event_source: str
    event_type: str
    event_time: datetime
    created_at: datetime
    expires_at: datetime | None = None
    excepted: bytes = b""


@dataclass(frozen=True, slots=True)
class ReadState(AvroRecord):
    """A change of read state, in the notifications' own order."""

    avro_name: ClassVar[str] = "tidings.ReadState"
    id: str
    user: str
    notifications: list[str]
    state: str
    at: datetime
    device: str | None = None


@dataclass(frozen=True, slots=True)
class Receipt(AvroRecord):
    """What a device tells."""

    avro_name: ClassVar[str] = "tidings.Receipt"
    id: str
    user: str
    notifications: list[str]
    state: str
    at: datetime
    device: str | None = None


@dataclass(frozen=True, slots=True)
class Follow(AvroRecord):
    """A user follows a topic."""

    avro_name: ClassVar[str] = "tidings.Follow"
    topic: str
    user: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Followable(AvroRecord):
    """Something that users may follow, announced by the source that knows it."""

    avro_name: ClassVar[str] = "tidings.Followable"
    topic: str
    kind: str
    title: str
    subtitle: str = ""
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, slots=True)
class Preference(AvroRecord):
    """How a user wants to be told. `quiet_hours`: {start_minute, end_minute, days} or None."""

    avro_name: ClassVar[str] = "tidings.Preference"
    user: str
    updated_at: datetime
    locale: str = "en"
    time_zone: str = "UTC"
    muted_topics: list[str] = field(default_factory=list)
    muted_kinds: list[str] = field(default_factory=list)
    channels: dict[str, list[str]] = field(default_factory=dict)
    quiet_hours: dict[str, Any] | None = None
    caps: dict[str, int] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decision(AvroRecord):
    """What was decided about a notification that was not told at once."""

    avro_name: ClassVar[str] = "tidings.Decision"
    id: str
    user: str
    rule: str
    kind: str
    topic: str | None
    event_source: str
    event_id: str
    word: str
    at: datetime
    until: datetime | None = None
    time_zone: str | None = None
    by: str | None = None
    key: str | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class DeadLetter(AvroRecord):
    """A record that could not be processed, and why. `headers`: [{name, value}, …]."""

    avro_name: ClassVar[str] = "tidings.DeadLetter"
    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    value_size: int
    stage: str
    error_class: str
    error_text: str
    at: datetime
    headers: list[dict[str, Any]] = field(default_factory=list)
    rule: str | None = None
    redrives: int = 0
