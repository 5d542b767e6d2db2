"""Quiet hours: a daily span in the user's time zone."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from .local_time import moment

_DAY = timedelta(days=1)


def quiet_until(quiet: Mapping[str, Any] | None, zone: tzinfo, now: datetime) -> datetime | None:
    """When the quiet hours end in which `now` lies, UTC; None if it lies in none.

    Hours that begin on one day and end on the next count as the first day's. Where the clock is set back in between,
    the end is the later of the two: nobody is woken because 2:30 comes twice.

    Args:
        quiet: `{start_minute, end_minute, days}` of a `Preference`; None = never.
        now: UTC.
    """
    if quiet is None or quiet["start_minute"] == quiet["end_minute"]:
        return None
    today = now.astimezone(zone).date()
    start_minute, end_minute, days = quiet["start_minute"], quiet["end_minute"], quiet["days"]
    for day in (today - _DAY, today):
        if days and day.isoweekday() not in days:
            continue
        start = moment(zone, day, start_minute)
        end = moment(zone, day if end_minute > start_minute else day + _DAY, end_minute, later=True)
        if start <= now < end:
            return end.astimezone(UTC)
    return None
