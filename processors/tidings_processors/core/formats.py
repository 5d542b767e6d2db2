"""Times, dates and amounts as a reader of a locale and time zone expects them: filters for texts.

    {{ estimated_departure | time }}      10:05 AM        10:05
    {{ estimated_departure | date }}      Jan 10, 2013    10.01.2013
    {{ delay_minutes | minutes }}         45 minutes      45 Minuten
    {{ delay_minutes | duration }}        2 hours 15 minutes
    {{ distance_miles | number }}         1,400           1.400

Formatting by CLDR takes 10–100 µs and the same few values come again and again, so results are kept, by
what is shown of the value (no short time shows seconds).
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, tzinfo
from functools import lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime, format_time
from babel.numbers import format_decimal
from babel.units import format_unit

_KEPT = 4096


class Reader(NamedTuple):
    """How the reader of a text wants times and numbers."""

    locale: Locale
    zone: tzinfo


class _Known(Locale):
    """One of `locale_of`, known by identity: Babel's hash is Python code, and each look into a cache asks for it."""

    __hash__ = object.__hash__
    __eq__ = object.__eq__


@lru_cache(_KEPT)
def locale_of(tag: str) -> Locale:
    """Babel's locale of a BCP 47 tag; one that CLDR does not know falls back to its language, then to English."""
    parts = tag.replace("_", "-").split("-")
    for length in range(len(parts), 0, -1):
        try:
            return _Known.parse("-".join(parts[:length]), sep="-")
        except (UnknownLocaleError, ValueError, TypeError):
            continue
    return _Known("en")


@lru_cache(_KEPT)
def zone_of(name: str) -> tzinfo:
    """The time zone of an IANA name; UTC for one that does not exist: a wrong preference must not silence its user."""
    if name == "UTC":
        return UTC  # the one that events' times have, so that nothing need be converted
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError):  # unknown, a folder of the database, no relative path
        return UTC


@lru_cache(_KEPT)
def _time(hour: int, minute: int, locale: Locale) -> str:
    return format_time(time(hour, minute), "short", locale=locale)


@lru_cache(_KEPT)
def _datetime(local_minute: datetime, locale: Locale) -> str:
    return format_datetime(local_minute, "short", locale=locale)


@lru_cache(_KEPT)
def _date(value: date, locale: Locale) -> str:
    return format_date(value, "medium", locale=locale)


@lru_cache(_KEPT)
def _unit(value: float, unit: str, locale: Locale) -> str:
    return format_unit(value, unit, length="long", locale=locale)


@lru_cache(_KEPT)
def _number(value: float, locale: Locale) -> str:
    return format_decimal(value, locale=locale)


def local_time(value: datetime, reader: Reader) -> str:
    """Local time of day."""
    local = value.astimezone(reader.zone)
    return _time(local.hour, local.minute, reader.locale)


def local_datetime(value: datetime, reader: Reader) -> str:
    """Local date and time."""
    local = value.astimezone(reader.zone)
    return _datetime(local.replace(second=0, microsecond=0, tzinfo=None), reader.locale)


def local_date(value: date, reader: Reader) -> str:
    """Local date of a time, or a date as it is."""
    if isinstance(value, datetime):
        value = value.astimezone(reader.zone).date()
    return _date(value, reader.locale)


def minutes(value: float, reader: Reader) -> str:
    """A number of minutes; of a negative one, how many."""
    return _unit(abs(value), "minute", reader.locale)


def duration(value: float, reader: Reader) -> str:
    """A number of minutes as hours and minutes."""
    hours, rest = divmod(abs(round(value)), 60)
    pieces = [_unit(hours, "hour", reader.locale)] if hours else []
    if rest or not hours:
        pieces.append(_unit(rest, "minute", reader.locale))
    return " ".join(pieces)


def number(value: float, reader: Reader) -> str:
    """A number with the locale's separators."""
    return _number(value, reader.locale)


Format = Callable[[Any, Reader], str]
FORMATS: dict[str, Format] = {
    "time": local_time,
    "date": local_date,
    "datetime": local_datetime,
    "minutes": minutes,
    "duration": duration,
    "number": number,
}
