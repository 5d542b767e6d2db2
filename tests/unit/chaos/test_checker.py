"""The checker itself: an honest history passes, and each way to spoil it is named."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tidings_chaos.core.checker import HEALING_S, calms, check, deadline
from tidings_chaos.core.history import (
    Bounds,
    Buried,
    Entry,
    Fault,
    Followed,
    Framed,
    Logged,
    Opened,
    Poisoned,
    Published,
    Snapshot,
    Stalled,
)
from tidings_chaos.core.verdict import Invariant

from tests.unit.chaos.honest import Honest, cursor
from tests.unit.chaos.spoilt import (
    MUTANTS,
    Entries,
    cut_off,
    drop_the_last,
    frames,
    instead,
    see_it_too_late,
    summed_up,
)


def test_an_honest_history_is_clean() -> None:
    """Nothing is found where nothing is wrong, and it was looked at."""
    verdict = check(Honest().history())
    assert verdict.violations == []
    assert verdict.figures["seen"] == 12
    assert verdict.figures["repeats_on_the_wire"] == 0


@pytest.mark.parametrize("popular", [False, True], ids=["own records", "shared records"])
@pytest.mark.parametrize("spoil", MUTANTS, ids=lambda spoil: spoil.__name__)
def test_each_way_to_spoil_a_history_is_named(spoil: Callable[[Entries], Entries], popular: bool) -> None:
    """A spoilt history is red, and the invariant that it breaks is among those named."""
    assert MUTANTS[spoil] in check(spoil(Honest(popular=popular).history())).broken


@given(events=st.integers(1, 30), breaks=st.sets(st.integers(0, 29)), popular=st.booleans())
def test_honest_histories_of_any_length_are_clean(events: int, breaks: set[int], popular: bool) -> None:
    """However often clients come back, nothing is found."""
    assert check(Honest(events, sorted(breaks), popular).history()).clean


@given(events=st.integers(1, 20), breaks=st.sets(st.integers(0, 19)), which=st.integers(0, 200), popular=st.booleans())
def test_no_frame_can_be_dropped_unnoticed(events: int, breaks: set[int], which: int, popular: bool) -> None:
    """Whichever notification is taken away from whoever: it is found."""
    entries = Honest(events, sorted(breaks), popular).history()
    told = frames(entries, "ann") + frames(entries, "bob")
    broken = check(instead(entries, told[which % len(told)])).broken
    assert Invariant.LOSS in broken


@given(events=st.integers(1, 20), which=st.integers(0, 200), by=st.sampled_from([-2, -1, 1, 2]), popular=st.booleans())
def test_no_cursor_can_be_moved_unnoticed(events: int, which: int, by: int, popular: bool) -> None:
    """A frame whose id points before or behind its record is found."""
    entries = Honest(events, popular=popular).history()
    told = frames(entries, "ann") + frames(entries, "bob")
    frame = told[which % len(told)]
    mine = ("", frame.owner)
    offset = next(
        e.offset for e in entries if isinstance(e, Logged) and e.event_id == frame.event_id and e.user in mine
    )
    moved = replace(frame, cursor=cursor(max(0, offset + 1 + by)))
    assert Invariant.CURSOR in check(instead(entries, frame, moved)).broken


def test_what_a_reset_declares_is_excused_and_no_more() -> None:
    """A slow client that is told so misses what it was told of; without its slowness the reset is a false gap."""
    entries = Honest(breaks=()).history()
    missed = frames(entries)[2]
    reset = Framed(missed.at, "ann", "reset", missed.cursor, reason="slow")
    stalled = Stalled(missed.at - 1, "ann", True)
    assert check(instead(entries, missed, stalled, reset)).clean
    assert Invariant.FALSE_GAP in check(instead(entries, missed, reset)).broken


def test_a_summary_excuses_as_many_as_it_says() -> None:
    """Two left out after a summary of one: one was skipped."""
    entries = Honest(breaks=()).history()
    first, second = frames(entries)[1:3]
    one_missed = instead(entries, first, summed_up(entries))
    assert check(one_missed).clean
    assert Invariant.SKIP in check(instead(one_missed, second)).broken


def test_a_summary_that_is_cut_off_counts_nothing() -> None:
    """Who comes back is given what the summary would have left out."""
    entries = Honest(breaks=()).history()
    told = frames(entries)[1]
    assert check(instead(entries, told, *cut_off(summed_up(entries)), told)).clean


def test_what_is_seen_only_in_the_snapshot_is_seen() -> None:
    """After a reset the inbox counts as sight, and says when."""
    entries = drop_the_last(Honest().history())
    lost = frames(Honest().history())[-1]
    assert check([*entries, Snapshot(20.0, "ann", (lost.event_id,))]).clean


def leave_its_publisher_without_an_answer(entries: Entries) -> Entries:
    event = [e for e in entries if isinstance(e, Published)][-1]
    return instead(drop_the_last(entries), event, replace(event, outcome="unknown"))


def follow_just_before(entries: Entries) -> Entries:
    follow = next(e for e in entries if isinstance(e, Followed) and e.user == "ann")
    return instead(drop_the_last(entries), follow, replace(follow, at=frames(entries)[-1].at - 2))


def become_ready_just_after(entries: Entries) -> Entries:
    first = next(e for e in entries if isinstance(e, Framed) and e.client == "ann")
    return instead(drop_the_last(entries), first, replace(first, at=frames(entries)[-1].at))


def see_it_late_after_having_stopped_to_read(entries: Entries) -> Entries:
    told = frames(entries)[-1]
    late = replace(told, at=told.at + HEALING_S + 5)
    return instead(entries, told, Stalled(told.at, "ann", True), Stalled(told.at + 10, "ann", False), late)


EXCUSES = (
    leave_its_publisher_without_an_answer,
    follow_just_before,
    become_ready_just_after,
    see_it_late_after_having_stopped_to_read,
)


@pytest.mark.parametrize("excuse", EXCUSES, ids=lambda excuse: excuse.__name__)
def test_what_nobody_promised_is_not_asked_for(excuse: Callable[[Entries], Entries]) -> None:
    """The last event may be missing or late where there is a reason for it."""
    assert check(excuse(Honest().history())).clean


def test_a_client_that_left_is_owed_nothing() -> None:
    """Of those who came for a storm only what they saw is judged."""
    entries = drop_the_last(Honest().history())
    passing = [replace(e, lasting=False) if isinstance(e, Opened) else e for e in entries]
    assert check(passing).clean


def test_who_stopped_following_is_owed_nothing_of_the_topic() -> None:
    """Only who followed throughout is owed all."""
    entries = Honest(events=2, breaks=()).history()
    last = frames(entries)[-1]
    assert Invariant.LOSS in check(instead(entries, last)).broken
    assert check([*instead(entries, last), Followed(30.0, "ann", "t1", False)]).clean


def replayed(offset: int, *before: Entry) -> Entries:
    """An honest history in which the first notification is written and told again at `offset`, behind `before`."""
    entries = Honest(breaks=()).history()
    told = frames(entries)[0]
    again = replace(told, at=30.0, cursor=cursor(offset + 1))
    logged = Logged(0, offset, told.id, "ann", told.event_id)
    bounds = [replace(e, high=offset + 1) if isinstance(e, Bounds) else e for e in entries]
    return [*bounds, *before, again, logged]


RESET = (Stalled(29.0, "ann", True), Framed(29.5, "ann", "reset", cursor(12), reason="slow"))


@pytest.mark.parametrize(("offset", "before"), [(3000, ()), (12, RESET)], ids=["far away", "after a reset"])
def test_a_replay_far_away_or_after_a_reset_is_counted_and_allowed(offset: int, before: Sequence[Entry]) -> None:
    """Repeats are figures; only those that the wire excludes are wrong."""
    verdict = check(replayed(offset, *before))
    assert verdict.violations == []
    assert verdict.figures["repeats_on_the_wire"] == 1
    assert verdict.figures["repeats_in_the_log"] == 1


def test_a_replay_that_is_near_and_behind_no_reset_is_told_twice() -> None:
    """What is 2,000 records or less behind its first writing the gateway must know."""
    assert Invariant.REPEAT in check(replayed(12)).broken
    assert Invariant.REPEAT in check(replayed(2000)).broken


def test_a_deadline_moves_with_what_is_broken() -> None:
    """A fault that begins before the deadline moves it to 60 s after its healing; a later one does not."""
    assert deadline(0.0, []) == 60
    assert deadline(0.0, [(50.0, 55.0)]) == 115
    assert deadline(0.0, [(50.0, 55.0), (100.0, 130.0)]) == 190
    assert deadline(0.0, [(70.0, 80.0)]) == 60
    assert deadline(10.0, [(1.0, 2.0)]) == 70


def test_only_what_is_longer_than_the_healing_is_a_calm() -> None:
    """Measured from the last healing of all before, not of the fault before."""
    assert calms([]) == calms([(0.0, 5.0)]) == 0
    assert calms([(0.0, 5.0), (65.0, 70.0), (131.0, 140.0)]) == 1
    assert calms([(0.0, 50.0), (1.0, 2.0), (100.0, 101.0)]) == 0
    assert calms([(0.0, 50.0), (1.0, 2.0), (111.0, 112.0)]) == 1


def test_a_worker_that_stays_away_is_late_where_a_calm_lies_amid() -> None:
    """Three minutes without a worker: hidden by faults that follow one another, seen where none comes for a minute."""
    entries = Honest().history()
    told = frames(entries)[-1]
    away = instead(entries, told, replace(told, at=told.at + 180))
    storms = [[Fault(at, "storm", "start"), Fault(at + 1, "storm", "heal")] for at in (30.0, 60.0, 90.0, 120.0, 150.0)]
    assert check([*away, *chain(*storms)]).clean
    assert Invariant.LATE in check([*away, *storms[0], *storms[-1]]).broken


def test_a_fault_that_never_heals_excuses_delay_but_not_loss() -> None:
    """Late is measured from healing; lost is lost."""
    entries = [*Honest().history(), Fault(10.0, "broker-kill", "start")]
    assert check(see_it_too_late(entries)).clean
    assert Invariant.LOSS in check(drop_the_last(entries)).broken


def test_a_bad_record_without_place_for_bytes_needs_its_letter_too() -> None:
    """A tombstone has no bytes; its letter has none either."""
    bad = Poisoned(16.0, "tombstone", "events.demo", 1, 3, "", "UndecodableValue")
    entries = [*Honest().history(), bad]
    assert Invariant.BURIAL in check(entries).broken
    assert check([*entries, Buried("events.demo", 1, 3, "UndecodableValue", "no value", "")]).clean
