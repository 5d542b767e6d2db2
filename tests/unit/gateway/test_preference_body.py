"""What users may prefer."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError
from tidings_gateway.api.preference_body import PreferenceBody, of
from tidings_schemas import Preference

FULL: dict[str, Any] = {
    "locale": "pt-BR",
    "time_zone": "America/Sao_Paulo",
    "muted_topics": ["flight:UA1545"],
    "muted_kinds": ["flight.departed"],
    "channels": {"flight.delayed": ["sse"], "airport:JFK": ["sse", "webhook"]},
    "quiet_hours": {"start_minute": 1320, "end_minute": 420, "days": [1, 2, 3]},
    "caps": {"*": 20, "flight.delayed": 3},
    "digests": {"*": "daily@08:00", "flight.departed": "hourly"},
}


def test_a_full_preference_comes_back_as_it_went() -> None:
    """What is put is stored and read unchanged."""
    stored = Preference(user="u", updated_at=datetime.now(UTC), **PreferenceBody(**FULL).fields())
    assert of(stored).model_dump() == FULL


def test_nothing_said_means_the_defaults() -> None:
    """An empty body is the preference of one who never said anything."""
    assert PreferenceBody().fields() == of(Preference(user="u", updated_at=datetime.now(UTC))).model_dump()


@pytest.mark.parametrize(("tag", "kept"), [("en", "en"), ("DE-at", "de-AT"), ("zh-TW", "zh-Hant-TW")])
def test_locales_are_kept_in_canonical_form(tag: str, kept: str) -> None:
    """Case and left-out scripts do not make another locale."""
    assert PreferenceBody(locale=tag).locale == kept


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("locale", "klingon"),
        ("locale", "de_DE"),
        ("locale", ""),
        ("locale", "xx"),
        ("locale", "en-" + "a" * 60),
        ("time_zone", "Berlin"),
        ("time_zone", "europe/berlin"),
        ("time_zone", "../../etc/passwd"),
        ("time_zone", "+02:00"),
        ("muted_topics", ["flight UA1545"]),
        ("muted_topics", ["a|b"]),
        ("muted_topics", ["x"] * 501),
        ("muted_topics", "flight:UA1545"),
        ("muted_kinds", ["Flight Delayed"]),
        ("channels", {"flight.delayed": "sse"}),
        ("channels", {"flight.delayed": ["SSE!"]}),
        ("quiet_hours.start_minute", {"start_minute": 1440, "end_minute": 0}),
        ("quiet_hours.end_minute", {"start_minute": 0, "end_minute": -1}),
        ("quiet_hours.start_minute", {"start_minute": "22:00", "end_minute": 0}),
        ("quiet_hours.end_minute", {"start_minute": 0}),
        ("quiet_hours", {"start_minute": 60, "end_minute": 60}),
        ("quiet_hours.days", {"start_minute": 0, "end_minute": 60, "days": [0]}),
        ("quiet_hours.days", {"start_minute": 0, "end_minute": 60, "days": [8]}),
        ("quiet_hours.nonsense", {"start_minute": 0, "end_minute": 60, "nonsense": 1}),
        ("caps", {"*": -1}),
        ("caps", {"*": 2.5}),
        ("caps", {"*": True}),
        ("digests", {"*": "daily"}),
        ("digests", {"*": "daily@24:00"}),
        ("digests", {"*": "weekly"}),
        ("digests", {"*": "daily@8:00"}),
        ("digests", {"*": "hourly\n"}),
        ("digests", {"*": 8}),
        ("nonsense", 1),
        ("user", "someone-else"),
    ],
)
def test_a_bad_field_is_refused_by_its_name(field: str, value: Any) -> None:
    """What cannot be meant is refused, and the field is named."""
    with pytest.raises(ValidationError) as caught:
        PreferenceBody(**{field.partition(".")[0]: value})
    assert ".".join(str(part) for part in caught.value.errors()[0]["loc"]).startswith(field)


@pytest.mark.parametrize(
    ("field", "value", "remedy"),
    [
        ("digests", {"*": "weekly"}, "hourly or daily@HH:MM"),
        ("time_zone", "Berlin", "Europe/Berlin"),
        ("quiet_hours", {"start_minute": 60, "end_minute": 60}, "set quiet_hours to null"),
        ("caps", {"*": -1}, "greater than or equal to 0"),
    ],
)
def test_what_is_refused_names_the_remedy(field: str, value: Any, remedy: str) -> None:
    """Whoever edits preferences by hand is told what to write instead."""
    with pytest.raises(ValidationError, match=remedy):
        PreferenceBody(**{field: value})
