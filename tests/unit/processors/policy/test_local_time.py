"""Wall-clock times as moments, quiet hours and digests, on days when the clock is changed and on all others."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tidings_processors.core.policy.digest import next_due
from tidings_processors.core.policy.local_time import moment
from tidings_processors.core.policy.quiet_hours import quiet_until

VIENNA, NEW_YORK = ZoneInfo("Europe/Vienna"), ZoneInfo("America/New_York")
ZONES = st.sampled_from(
    [
        *map(ZoneInfo, ("UTC", "Europe/Vienna", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe")),
        *map(ZoneInfo, ("Pacific/Apia", "America/Sao_Paulo", "Africa/Casablanca")),
    ]
)
MINUTES = st.integers(0, 1439)
MOMENTS = st.datetimes(datetime(2009, 1, 1), datetime(2030, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]


def minute(hours: int, minutes: int = 0) -> int:
    return hours * 60 + minutes


def quiet(start: int, end: int, *days: int) -> dict[str, object]:
    return {"start_minute": start, "end_minute": end, "days": list(days)}


def test_a_time_that_the_clock_skips_is_the_moment_of_the_change() -> None:
    """In Vienna 2:00 was followed by 3:00 on 2026-03-29."""
    assert moment(VIENNA, date(2026, 3, 29), minute(2, 30)) == utc(2026, 3, 29, 1)
    assert moment(VIENNA, date(2026, 3, 29), minute(2, 30), later=True) == utc(2026, 3, 29, 1)
    assert moment(VIENNA, date(2026, 3, 29), minute(3)) == utc(2026, 3, 29, 1)


def test_a_time_that_comes_twice_is_its_first_coming_or_its_second() -> None:
    """In Vienna 3:00 was followed by 2:00 on 2026-10-25."""
    assert moment(VIENNA, date(2026, 10, 25), minute(2, 30)) == utc(2026, 10, 25, 0, 30)
    assert moment(VIENNA, date(2026, 10, 25), minute(2, 30), later=True) == utc(2026, 10, 25, 1, 30)


@given(ZONES, MOMENTS)
def test_a_time_that_the_clock_shows_is_found_again(zone: ZoneInfo, at: datetime) -> None:
    """Whatever the zone and the day, the clock shows the asked time at the moment found, or has just skipped it."""
    local = at.astimezone(zone).replace(second=0, microsecond=0)
    found = moment(zone, local.date(), local.hour * 60 + local.minute, later=bool(local.fold))
    assert found == local.astimezone(UTC)


@given(ZONES, st.dates(date(2009, 1, 1), date(2030, 1, 1)), MINUTES)
def test_a_skipped_time_is_a_change_of_offset(zone: ZoneInfo, day: date, at: int) -> None:
    found = moment(zone, day, at).astimezone(zone)
    shown = found.date() == day and found.hour * 60 + found.minute == at
    assert shown or found.utcoffset() != (found - timedelta(seconds=1)).astimezone(UTC).astimezone(zone).utcoffset()


@pytest.mark.parametrize(
    ("now", "until"),
    [
        (utc(2026, 1, 10, 20, 59), None),  # 21:59 in Vienna
        (utc(2026, 1, 10, 21), utc(2026, 1, 11, 6)),
        (utc(2026, 1, 11, 5, 59), utc(2026, 1, 11, 6)),
        (utc(2026, 1, 11, 6), None),
        (utc(2026, 3, 28, 23), utc(2026, 3, 29, 5)),  # the night of 23 hours: 7:00 is 5:00 UTC
        (utc(2026, 10, 24, 23), utc(2026, 10, 25, 6)),  # the night of 25 hours
    ],
)
def test_quiet_hours_may_pass_midnight_and_a_change_of_the_clock(now: datetime, until: datetime | None) -> None:
    assert quiet_until(quiet(minute(22), minute(7)), VIENNA, now) == until


def test_quiet_hours_that_end_in_the_skipped_hour_end_with_the_change() -> None:
    """New York, 2026-03-08: 1:59 EST is followed by 3:00 EDT."""
    assert quiet_until(quiet(minute(23), minute(2, 30)), NEW_YORK, utc(2026, 3, 8, 6)) == utc(2026, 3, 8, 7)
    assert quiet_until(quiet(minute(23), minute(2, 30)), NEW_YORK, utc(2026, 3, 8, 7)) is None


def test_quiet_hours_that_end_in_the_hour_that_comes_twice_end_at_its_second_coming() -> None:
    """New York, 2026-11-01: nobody is woken between the two."""
    hours = quiet(minute(23), minute(1, 30))
    assert quiet_until(hours, NEW_YORK, utc(2026, 11, 1, 5, 45)) == utc(2026, 11, 1, 6, 30)


def test_the_day_on_which_quiet_hours_begin_counts() -> None:
    """Friday's and Saturday's: quiet on Sunday morning, but not on Monday's."""
    weekend = quiet(minute(22), minute(9), 5, 6)
    assert quiet_until(weekend, VIENNA, utc(2026, 1, 9, 22)) is not None  # Friday, 23:00
    assert quiet_until(weekend, VIENNA, utc(2026, 1, 11, 7)) is not None  # Sunday, 8:00
    assert quiet_until(weekend, VIENNA, utc(2026, 1, 11, 22)) is None  # Sunday, 23:00
    assert quiet_until(weekend, VIENNA, utc(2026, 1, 9, 7)) is None  # Friday, 8:00: would be Thursday's


def test_hours_within_a_day_do_not_reach_into_the_next() -> None:
    lunch = quiet(minute(12), minute(13))
    assert quiet_until(lunch, VIENNA, utc(2026, 7, 1, 10, 30)) == utc(2026, 7, 1, 11)
    assert quiet_until(lunch, VIENNA, utc(2026, 7, 1, 22, 30)) is None


def test_nothing_said_or_no_span_is_never_quiet() -> None:
    assert quiet_until(None, VIENNA, utc(2026, 1, 1)) is None
    assert quiet_until(quiet(5, 5), VIENNA, utc(2026, 1, 1)) is None


@given(ZONES, MOMENTS, MINUTES, MINUTES, st.sets(st.integers(1, 7)))
def test_quiet_hours_end(zone: ZoneInfo, now: datetime, start: int, end: int, days: set[int]) -> None:
    """The end lies ahead, at most a day and the change of a clock, and at it these hours are over."""
    hours = quiet(start, end, *days)
    until = quiet_until(hours, zone, now)
    if until is not None:
        assert now < until <= now + timedelta(hours=50)  # Apia left out a whole day once
        after = quiet_until(hours, zone, until)
        assert after is None or after > until


@given(ZONES, MOMENTS, MINUTES)
def test_a_daily_digest_comes_once_a_day(zone: ZoneInfo, now: datetime, at: int) -> None:
    schedule = f"daily@{at // 60:02}:{at % 60:02}"
    due = next_due(schedule, zone, now)
    again = next_due(schedule, zone, due)
    assert now < due
    assert again.astimezone(zone).date() > due.astimezone(zone).date()
    assert timedelta(hours=22) <= again - due <= timedelta(hours=50)


@given(ZONES, MOMENTS)
def test_an_hourly_digest_comes_at_the_full_hour(zone: ZoneInfo, now: datetime) -> None:
    due = next_due("hourly", zone, now)
    assert now < due <= now + timedelta(hours=1)
    assert due.astimezone(zone).minute in (0, 30)  # 30: where the clock is changed by half an hour meanwhile


def test_no_other_schedule_is_known() -> None:
    with pytest.raises(ValueError, match="weekly"):
        next_due("weekly", VIENNA, utc(2026, 1, 1))
