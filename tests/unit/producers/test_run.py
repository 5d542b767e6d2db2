"""Where a run was, from what Kafka holds."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from tidings_producers.core.run import Run, progress_of

START = datetime(2013, 1, 10, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class Told(NamedTuple):
    """An event in Kafka."""

    id: str
    source: str
    time: datetime


def test_nothing_told_begins_at_the_start() -> None:
    """Events of other runs and other sources do not count."""
    others = [Told("a", "/f/2013-02-01/1", START), Told("b", "/git/x", START), Told("c", "/f/2013-01-10", START)]
    assert progress_of(others, "/f/2013-01-10", START, MINUTE) == Run("/f/2013-01-10", 1, START, START)


def test_it_goes_on_after_the_newest_and_looks_back_a_little() -> None:
    """The last moments are gone through again, without those that are told."""
    told = [Told(str(n), "/f/1", START + n * MINUTE) for n in (5, 9, 7)]
    found = progress_of(told, "/f", START, 2 * MINUTE)
    assert found == Run("/f", 1, START + 9 * MINUTE, START + 7 * MINUTE, frozenset({"5", "9", "7"}))


def test_the_latest_pass_counts() -> None:
    """Though an earlier pass got further."""
    told = [Told("late", "/f/1", START + 60 * MINUTE), Told("early", "/f/2", START + MINUTE)]
    found = progress_of(told, "/f", START, 5 * MINUTE)
    assert (found.source, found.at, found.since, found.told) == ("/f/2", START + MINUTE, START, frozenset({"early"}))


def test_the_next_pass_has_a_source_of_its_own() -> None:
    """So the same row is a new event in it."""
    assert Run("/f", 2, START + MINUTE, START, frozenset({"x"})).next_pass(START) == Run("/f", 3, START, START)
