"""Span and partitions → ranges."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tidings_replay.core.errors import BadSpan
from tidings_replay.core.plan import Partition, Range, plan
from tidings_replay.core.span import At, Back, Bound, Edge, Offset, Offsets

FIRST, LAST = Edge(latest=False), Edge(latest=True)
T1, T2 = datetime(2013, 1, 1, tzinfo=UTC), datetime(2013, 1, 2, tzinfo=UTC)
ONE = Partition("t", 0, low=10, high=50)


def test_from_earliest_to_latest_is_everything_that_is_kept() -> None:
    """The whole partition, and nothing is said to be cut."""
    assert plan([ONE], FIRST, LAST).ranges == (Range("t", 0, 10, 50),)
    assert plan([ONE], FIRST, LAST).cuts == ()


def test_times_become_the_offsets_that_the_broker_names() -> None:
    """Both ends, and the wanted timestamps go along."""
    p = replace(ONE, since=20, until=30)
    assert plan([p], At(T1), At(T2)).ranges == (Range("t", 0, 20, 30, At(T1).ms, At(T2).ms),)


def test_a_time_after_the_last_record_reads_nothing() -> None:
    """No offset with such a timestamp: an empty plan."""
    assert plan([replace(ONE, since=None)], At(T1), LAST).ranges == ()


def test_the_last_n_never_reach_before_what_is_kept() -> None:
    """`-500` of 40 records is 40 records."""
    assert plan([ONE], Back(500), LAST).ranges == (Range("t", 0, 10, 50),)


def test_offsets_of_some_partitions_leave_the_others_out() -> None:
    """`0:12` reads partition 0 alone."""
    assert plan([ONE, replace(ONE, partition=1)], Offsets({0: 12}), LAST).ranges == (Range("t", 0, 12, 50),)


def test_only_keeps_the_named_partitions() -> None:
    """`--partitions 1`."""
    both = [ONE, replace(ONE, partition=1)]
    assert [r.partition for r in plan(both, FIRST, LAST, only=frozenset({1})).ranges] == [1]


def test_an_offset_before_retention_is_told_with_what_is_left() -> None:
    """Asked for offset 3, kept from 10: seven are gone."""
    (cut,) = plan([ONE], Offset(3), LAST).cuts
    assert (cut.missing, cut.low) == (7, 10)


def test_a_time_before_the_first_kept_record_is_told() -> None:
    """Retention took what lay between the time and the first record."""
    p = replace(ONE, since=10, first_ms=At(T2).ms)
    (cut,) = plan([p], At(T1), LAST).cuts
    assert (cut.missing, cut.first_ms) == (None, At(T2).ms)


def test_a_time_after_the_first_kept_record_is_no_cut() -> None:
    """Everything since then is there."""
    assert plan([replace(ONE, since=10, first_ms=At(T1).ms)], At(T2), LAST).cuts == ()


def test_a_partition_that_never_lost_anything_is_no_cut() -> None:
    """Low = 0: there was nothing before."""
    assert plan([replace(ONE, low=0, since=0)], At(T1), LAST).cuts == ()


bounds = st.one_of(
    st.builds(Offset, st.integers(0, 200)), st.builds(Back, st.integers(0, 200)), st.sampled_from([FIRST, LAST])
)


@given(st.integers(0, 100), st.integers(0, 100), bounds, bounds)
def test_a_range_lies_within_what_is_kept(low: int, length: int, since: Offset, until: Offset) -> None:
    """Whatever is asked for, no range is empty, turned round or outside [low, high)."""
    p = Partition("t", 0, low, low + length)
    try:
        made = plan([p], since, until)
    except BadSpan:
        return
    for r in made.ranges:
        assert p.low <= r.start < r.stop <= p.high


@pytest.mark.parametrize(
    ("since", "until"),
    [
        (At(T2), At(T1)),
        (At(T1), At(T1)),
        (Offset(5), Offset(5)),
        (Back(10), Back(20)),
        (Offsets({0: 5, 1: 1}), Offsets({0: 5, 1: 9})),
        (LAST, FIRST),
    ],
)
def test_a_span_that_ends_before_it_begins_is_refused(since: Bound, until: Bound) -> None:
    """However it is written."""
    with pytest.raises(BadSpan, match="ends"):
        plan([ONE], since, until)
