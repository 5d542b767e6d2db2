"""Wall-clock times of a zone as moments, also on the two days a year when the clock is changed."""

from datetime import UTC, date, datetime, timedelta, tzinfo

_SECOND = timedelta(seconds=1)


def moment(zone: tzinfo, day: date, minute: int, later: bool = False) -> datetime:
    """When the clock on the wall shows a time, UTC.

    A time that the clock skips is the moment of the change: whoever waits for 2:30 need not wait longer when 2:00 is
    followed by 3:00. A time that comes twice is its first coming, or its second if `later`.

    Args:
        minute: minutes after midnight, 0–1439.
    """
    wall = datetime(day.year, day.month, day.day, minute // 60, minute % 60, tzinfo=zone)
    first, second = wall.replace(fold=0).astimezone(UTC), wall.replace(fold=1).astimezone(UTC)
    if first > second:  # the clock never shows it
        return _change(zone, second, first)
    return second if later else first


def _change(zone: tzinfo, before: datetime, after: datetime) -> datetime:
    """The moment between the two at which the zone's offset changes, by halving."""
    old = before.astimezone(zone).utcoffset()
    while after - before > _SECOND:
        middle = before + (after - before) // 2
        if middle.astimezone(zone).utcoffset() == old:
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)
