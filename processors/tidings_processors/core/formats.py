"""Times, dates and amounts as a reader of a locale and time zone expects them: filters for texts.

    {{ estimated_departure | time }}      10:05 AM        10:05
    {{ estimated_departure | date }}      Jan 10, 2013    10.01.2013
    {{ delay_minutes | minutes }}         45 minutes      45 Minuten
    {{ delay_minutes | duration }}        2 hours 15 minutes
    {{ distance_miles | number }}         1,400           1.400

Formatting by CLDR takes 10–100 µs and the same few values come again and again, so results are kept.
"""

from datetime import UTC, date, datetime, tzinfo
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime, format_time
from babel.numbers import format_decimal
from babel.units import format_unit
from jinja2 import pass_context
from jinja2.runtime import Context

_KEPT = 4096
#: Names under which a text's context carries the reader's locale and time zone.
LOCALE, ZONE = "_locale", "_zone"


@lru_cache(_KEPT)
def locale_of(tag: str) -> Locale:
    """Babel's locale of a BCP 47 tag; one that CLDR does not know falls back to its language, then to English."""
    parts = tag.replace("_", "-").split("-")
    for length in range(len(parts), 0, -1):
        try:
            return Locale.parse("-".join(parts[:length]), sep="-")
        except (UnknownLocaleError, ValueError, TypeError):
            continue
    return Locale("en")


@lru_cache(_KEPT)
def zone_of(name: str) -> tzinfo:
    """The time zone of an IANA name; UTC for one that does not exist: a wrong preference must not silence its user."""
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError):  # unknown, a folder of the database, no relative path
        return UTC


@lru_cache(_KEPT)
def _time(value: datetime, zone: tzinfo, locale: Locale) -> str:
    return format_time(value, "short", tzinfo=zone, locale=locale)


@lru_cache(_KEPT)
def _datetime(value: datetime, zone: tzinfo, locale: Locale) -> str:
    return format_datetime(value, "short", tzinfo=zone, locale=locale)


@lru_cache(_KEPT)
def _date(value: date, locale: Locale) -> str:
    return format_date(value, "medium", locale=locale)


@lru_cache(_KEPT)
def _unit(value: float, unit: str, locale: Locale) -> str:
    return format_unit(value, unit, length="long", locale=locale)


@lru_cache(_KEPT)
def _number(value: float, locale: Locale) -> str:
    return format_decimal(value, locale=locale)


@pass_context
def local_time(context: Context, value: datetime) -> str:
    """Local time of day."""
    return _time(value, context[ZONE], context[LOCALE])


@pass_context
def local_datetime(context: Context, value: datetime) -> str:
    """Local date and time."""
    return _datetime(value, context[ZONE], context[LOCALE])


@pass_context
def local_date(context: Context, value: date) -> str:
    """Local date of a time, or a date as it is."""
    if isinstance(value, datetime):
        value = value.astimezone(context[ZONE]).date()
    return _date(value, context[LOCALE])


@pass_context
def minutes(context: Context, value: float) -> str:
    """A number of minutes; of a negative one, how many."""
    return _unit(abs(value), "minute", context[LOCALE])


@pass_context
def duration(context: Context, value: float) -> str:
    """A number of minutes as hours and minutes."""
    hours, rest = divmod(abs(round(value)), 60)
    pieces = [_unit(hours, "hour", context[LOCALE])] if hours else []
    if rest or not hours:
        pieces.append(_unit(rest, "minute", context[LOCALE]))
    return " ".join(pieces)


@pass_context
def number(context: Context, value: float) -> str:
    """A number with the locale's separators."""
    return _number(value, context[LOCALE])


FILTERS: dict[str, Any] = {
    "time": local_time,
    "date": local_date,
    "datetime": local_datetime,
    "minutes": minutes,
    "duration": duration,
    "number": number,
}
