"""What a preference may say, checked field by field. Pure."""

import re
import zoneinfo
from functools import cache
from typing import Annotated, Any

from babel import Locale, UnknownLocaleError
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)
from tidings_schemas import Preference
from tidings_schemas.topics import FOLLOWED_TOPIC

_MANY = 500  # entries of a list or map: a record of them stays far below Kafka's limit

FollowedTopic = Annotated[str, StringConstraints(pattern=f"^{FOLLOWED_TOPIC.pattern}$")]
Kind = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,99}$")]
AnyKind = Annotated[str, StringConstraints(pattern=r"^(\*|[a-z0-9][a-z0-9._-]{0,99})$")]
KindOrTopic = Annotated[str, StringConstraints(pattern=f"^(\\*|{FOLLOWED_TOPIC.pattern})$")]
Channel = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$")]
_DIGEST = r"^(hourly|daily@([01][0-9]|2[0-3]):[0-5][0-9])$"
Minute = Annotated[int, Field(ge=0, le=1439, strict=True)]
Weekday = Annotated[int, Field(ge=1, le=7, strict=True)]
Cap = Annotated[int, Field(ge=0, le=100_000, strict=True)]


def _digest(text: str) -> str:
    if not re.fullmatch(_DIGEST, text):
        raise ValueError(f"{text!r} is no digest; write hourly or daily@HH:MM, such as daily@08:00")
    return text


Digest = Annotated[str, AfterValidator(_digest), WithJsonSchema({"type": "string", "pattern": _DIGEST})]


@cache
def _zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


def _zone(name: str) -> str:
    if name not in _zones():
        raise ValueError(f"{name!r} is no IANA time zone; write one such as Europe/Berlin or UTC")
    return name


def _locale(tag: str) -> str:
    try:
        return str(Locale.parse(tag, sep="-")).replace("_", "-")
    except (ValueError, UnknownLocaleError, TypeError) as error:
        raise ValueError(f"{tag!r} is no BCP 47 tag of a known language; write one such as en or pt-BR") from error


class QuietHours(BaseModel):
    """A daily span in the user's time zone, in which all but critical notifications are held. It may pass midnight."""

    model_config = ConfigDict(extra="forbid")

    start_minute: Minute = Field(description="Minutes after local midnight, 0–1439.", examples=[1320])
    end_minute: Minute = Field(description="Minutes after local midnight, 0–1439.", examples=[420])
    days: list[Weekday] = Field(
        default=[], max_length=7, description="ISO weekdays (1 = Monday) on which it starts; empty = every day."
    )

    @model_validator(mode="after")
    def _some_time(self) -> "QuietHours":
        if self.start_minute == self.end_minute:
            raise ValueError("start_minute and end_minute are the same; for no quiet hours set quiet_hours to null")
        self.days = sorted(set(self.days))
        return self


class PreferenceBody(BaseModel):
    """How a user wants to be told. PUT replaces all of it: what is left out returns to its default."""

    model_config = ConfigDict(extra="forbid")

    locale: Annotated[str, StringConstraints(max_length=50), AfterValidator(_locale)] = Field(
        default="en", description="BCP 47 tag for texts.", examples=["pt-BR"]
    )
    time_zone: Annotated[str, AfterValidator(_zone)] = Field(
        default="UTC", description="IANA time zone for times and quiet hours.", examples=["America/New_York"]
    )
    muted_topics: list[FollowedTopic] = Field(
        default=[], max_length=_MANY, description="Followed topics that stay silent."
    )
    muted_kinds: list[Kind] = Field(
        default=[], max_length=_MANY, description="Kinds that stay silent.", examples=[["flight.departed"]]
    )
    channels: dict[KindOrTopic, list[Channel]] = Field(
        default={},
        max_length=_MANY,
        description="Channels by topic, kind or `*`, the first that is there; `sse` is the app itself.",
        examples=[{"flight.departed": []}],
    )
    quiet_hours: QuietHours | None = Field(default=None, description="null = never.")
    caps: dict[AnyKind, Cap] = Field(
        default={},
        max_length=_MANY,
        description="At most so many an hour, by kind, rule or `*` (all together); more is summed up in one.",
        examples=[{"*": 20, "flight.delayed": 3}],
    )
    digests: dict[AnyKind, Digest] = Field(
        default={},
        max_length=_MANY,
        description="By kind or `*`: `hourly` or `daily@HH:MM` of the user's clock; critical ones come at once.",
        examples=[{"*": "daily@08:00"}],
    )

    def fields(self) -> dict[str, Any]:
        """The fields, as `Preference` takes them."""
        return self.model_dump()


def of(preference: Preference) -> PreferenceBody:
    """The body that tells of a stored preference. What was stored is not checked again: rules may have changed."""
    fields = {name: getattr(preference, name) for name in PreferenceBody.model_fields}
    quiet = fields["quiet_hours"]
    return PreferenceBody.model_construct(
        **fields | {"quiet_hours": QuietHours.model_construct(**quiet) if quiet else None}
    )
