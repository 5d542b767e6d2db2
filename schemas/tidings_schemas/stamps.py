"""Kafka's and Avro's numbers of milliseconds as times. Pure.

They reach 292 million years either way; Python's times, and with them most readers', end with the year 9999. A number
beyond is a mistake of whoever wrote it: microseconds or nanoseconds for milliseconds, a subtraction below nothing.
"""

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
#: The first and the last millisecond of the years 1 to 9999, ms since 1970, UTC.
FIRST_MS = (datetime.min.replace(tzinfo=UTC) - EPOCH) // _MS
LAST_MS = (datetime.max.replace(tzinfo=UTC) - EPOCH) // _MS
#: What Kafka has in place of a timestamp where a record was given none.
NO_TIMESTAMP = -1


def is_time(stamp_ms: int) -> bool:
    """Whether a Kafka timestamp (ms since 1970) is there, and a time."""
    return FIRST_MS <= stamp_ms <= LAST_MS and stamp_ms != NO_TIMESTAMP


def moment(stamp_ms: int) -> datetime | None:
    """The time of a Kafka timestamp (ms since 1970); None if it is none."""
    return EPOCH + stamp_ms * _MS if is_time(stamp_ms) else None
