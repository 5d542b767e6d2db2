"""The shape of a rule as it is written: fields, types, defaults. What the fields mean is checked in `reading`."""

import re
from datetime import timedelta
from typing import Annotated

from babel import Locale, UnknownLocaleError
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator
from tidings_schemas import Priority
from tidings_schemas.topics import CORE, EVENTS_PREFIX

_DURATION = re.compile(r"(\d+)\s*(s|m|h|d)")
#: Titles that a digest lists of what it stands for, unless its rule says otherwise.
LISTED = 10
#: So that the whole of them stays a notification.
_MOST = 50
_BY_CLOCK = re.compile(r"hourly|daily@([01][0-9]|2[0-3]):[0-5][0-9]")
_OWN = {topic.name for topic in CORE}
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
#: So that a moment and a duration are always a moment.
_LONGEST = timedelta(days=3650)


def _duration(value: object) -> object:
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError("a duration is a number and a unit: 30s, 45m, 6h, 2d")
    try:
        span = timedelta(**{_UNITS[found[2]]: int(found[1])})
    except OverflowError:
        span = timedelta.max
    if span > _LONGEST:
        raise ValueError(f"a duration is at most {_LONGEST.days}d")
    return span


def _every(value: object) -> object:
    if isinstance(value, str) and _BY_CLOCK.fullmatch(value):
        return value
    if isinstance(value, str) and _DURATION.fullmatch(value):
        return _duration(value)
    raise ValueError(
        "a digest is due a while after the first (30s, 45m, 6h, 2d), hourly, or daily at a local time (daily@08:00)"
    )


def _locale(tag: object) -> str:
    if not isinstance(tag, str):
        raise ValueError(f"YAML reads {tag!r} here; write a locale in quotes, such as 'no'")
    try:
        Locale.parse(tag.replace("_", "-"), sep="-")
    except (UnknownLocaleError, ValueError, TypeError):
        raise ValueError(f"{tag!r} is no locale; write a BCP 47 tag such as en or de-AT") from None
    return tag


def _most(value: object) -> object:
    if type(value) is not int or not 1 <= value <= _MOST:
        raise ValueError(f"most is how many titles are listed, a number from 1 to {_MOST}")
    return value


def _source(topic: str) -> str:
    if topic.startswith(EVENTS_PREFIX):
        raise ValueError(f"{topic} is read anyway if its domain is in TIDINGS_DOMAINS: leave `topic` out")
    if topic in _OWN:
        raise ValueError(f"{topic} is a topic of Tidings' own: a rule that reads it could feed itself")
    return topic


Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,99}$")]
Duration = Annotated[timedelta, BeforeValidator(_duration)]
Every = Annotated[timedelta | str, BeforeValidator(_every)]
Most = Annotated[int, BeforeValidator(_most)]
LocaleTag = Annotated[str, BeforeValidator(_locale)]
Line = Annotated[str, StringConstraints(min_length=1)]
SourceTopic = Annotated[Line, AfterValidator(_source)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class AudienceSpec(_Strict):
    """Whom to tell: one of the two."""

    followers: list[Line] | None = Field(None, min_length=1, max_length=20)
    users: Line | None = None

    @model_validator(mode="after")
    def _one(self) -> "AudienceSpec":
        if (self.followers is None) == (self.users is None):
            raise ValueError("an audience has either followers (topics) or users (a field)")
        return self


class TextSpec(_Strict):
    """What to say in one locale."""

    title: Line
    body: str = ""


class DigestSpec(_Strict):
    """When what is gathered is told as one, and how many titles are listed; `hourly` is short for `{every: hourly}`."""

    every: Every
    most: Most = LISTED

    @model_validator(mode="before")
    @classmethod
    def _in_full(cls, written: object) -> object:
        return written if isinstance(written, dict) else {"every": written}


class RuleSpec(_Strict):
    """One rule."""

    name: Name
    match: Line
    topic: SourceTopic | None = None
    when: Line | None = None
    audience: AudienceSpec
    kind: Name
    priority: Priority = Priority.NORMAL
    collapse_key: Line | None = None
    ttl: Duration | None = None
    digest: DigestSpec | None = None
    url: Line | None = None
    enabled: bool = True
    text: dict[LocaleTag, TextSpec] = Field(min_length=1)
