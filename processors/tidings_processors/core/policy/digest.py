"""When a digest is due."""

from datetime import UTC, datetime, timedelta, tzinfo

from .local_time import moment

_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)

HOURLY = "hourly"


def next_due(schedule: str, zone: tzinfo, now: datetime) -> datetime:
    """The first time after `now` at which a digest is due, UTC.

    Args:
        schedule: `hourly` (each full hour of the user's clock) or `daily@HH:MM`, as a `Preference` or a rule says.

    Raises:
        ValueError: it is neither.
    """
    if schedule == HOURLY:
        local = now.astimezone(zone)
        return now - timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond) + _HOUR
    word, _, clock = schedule.partition("@")
    hours, _, minutes = clock.partition(":")
    if word != "daily" or int(hours) not in range(24) or int(minutes) not in range(60):
        raise ValueError(f"{schedule!r} is no digest: hourly or daily@HH:MM")
    minute = int(hours) * 60 + int(minutes)
    day = now.astimezone(zone).date()
    while (due := moment(zone, day, minute)) <= now:
        day += _DAY
    return due.astimezone(UTC)
