"""The checker itself: an honest history passes, and each way to spoil it is named."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tidings_chaos.core.checker import HEALING_S, check, deadline
from tidings_chaos.core.history import (
    Buried,
    Closed,
    Entry,
    Fault,
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

Entries = list[Entry]


def frames(entries: Entries, client: str = "ann") -> list[Framed]:
    """What a client was told, in order."""
    return [e for e in entries if isinstance(e, Framed) and e.client == client and e.event == "notification"]


def instead(entries: Entries, old: Entry, *new: Entry) -> Entries:
    """The history with one entry replaced."""
    at = entries.index(old)
    return [*entries[:at], *new, *entries[at + 1 :]]


def test_an_honest_history_is_clean() -> None:
    """Nothing is found where nothing is wrong, and it was looked at."""
    verdict = check(Honest().history())
    assert verdict.violations == []
    assert verdict.figures["seen"] == 12
    assert verdict.figures["repeats_on_the_wire"] == 0


def drop_the_last(entries: Entries) -> Entries:
    return instead(entries, frames(entries)[-1])


def drop_one_amid(entries: Entries) -> Entries:
    return instead(entries, frames(entries)[1])


def invent(entries: Entries) -> Entries:
    last = frames(entries)[-1]
    return instead(entries, last, last, replace(last, event_id="nobody-said-so", id="n-x"))


def deliver_what_was_refused(entries: Entries) -> Entries:
    event = next(e for e in entries if isinstance(e, Published))
    return instead(entries, event, replace(event, outcome="failed"))


def deliver_to_another(entries: Entries) -> Entries:
    told = frames(entries, "bob")[0]
    return instead(entries, told, replace(told, owner="ann"))


def tell_under_two_ids(entries: Entries) -> Entries:
    last = frames(entries)[-1]
    return instead(entries, last, last, replace(last, id="another"))


def tell_twice(entries: Entries) -> Entries:
    told = frames(entries)[-1]
    return instead(entries, told, told, told)


def swap(entries: Entries) -> Entries:
    lines = {e.id: (e.line, e.seq) for e in entries if isinstance(e, Published)}
    first, second = [frame for frame in frames(entries) if lines[frame.event_id][0] == "t1"][:2]
    exchanged = replace(first, event_id=second.event_id), replace(second, event_id=first.event_id)
    return instead(instead(entries, first, exchanged[0]), second, exchanged[1])


def point_one_short(entries: Entries) -> Entries:
    told = frames(entries)[0]
    return instead(entries, told, replace(told, cursor=cursor(0)))


def resume_one_late(entries: Entries) -> Entries:
    """The hub joins behind the boundary: the first record after a reconnect is passed over, the next ones come."""
    reopened = next(e for e in entries if isinstance(e, Opened) and e.cursor)
    first = next(f for f in frames(entries) if f.at > reopened.at)
    return instead(entries, first)


def reset_for_nothing(entries: Entries) -> Entries:
    ready = [e for e in entries if isinstance(e, Framed) and e.event == "ready"][-1]
    reset = Framed(ready.at - 0.01, ready.client, "reset", ready.cursor, reason="expired")
    return instead(entries, ready, reset, ready)


def see_it_too_late(entries: Entries) -> Entries:
    told = frames(entries)[-1]
    return instead(entries, told, replace(told, at=told.at + HEALING_S + 5))


def answer_503(entries: Entries) -> Entries:
    closed = next(e for e in entries if isinstance(e, Closed))
    return instead(entries, closed, replace(closed, status=503))


def bury_the_bytes_elsewhere(entries: Entries) -> Entries:
    letter = next(e for e in entries if isinstance(e, Buried))
    return instead(entries, letter, replace(letter, digest="d2"))


def bury_a_good_one(entries: Entries) -> Entries:
    return [*entries, Buried("events.demo", 0, 5, "InvalidEvent", "no reason", "d3")]


def bury_nothing(entries: Entries) -> Entries:
    return instead(entries, next(e for e in entries if isinstance(e, Buried)))


def never_become_ready(entries: Entries) -> Entries:
    return [e for e in entries if not (isinstance(e, Framed) and e.client == "ann")]


MUTANTS: dict[Callable[[Entries], Entries], Invariant] = {
    drop_the_last: Invariant.LOSS,
    drop_one_amid: Invariant.SKIP,
    invent: Invariant.PHANTOM,
    deliver_what_was_refused: Invariant.PHANTOM,
    deliver_to_another: Invariant.FOREIGN,
    tell_under_two_ids: Invariant.DUPLICATE,
    tell_twice: Invariant.REPEAT,
    swap: Invariant.ORDER,
    point_one_short: Invariant.CURSOR,
    resume_one_late: Invariant.SKIP,
    reset_for_nothing: Invariant.FALSE_GAP,
    see_it_too_late: Invariant.LATE,
    answer_503: Invariant.SILENCED,
    bury_the_bytes_elsewhere: Invariant.BURIAL,
    bury_a_good_one: Invariant.BURIAL,
    bury_nothing: Invariant.BURIAL,
    never_become_ready: Invariant.LOSS,
}


@pytest.mark.parametrize("spoil", MUTANTS, ids=lambda spoil: spoil.__name__)
def test_each_way_to_spoil_a_history_is_named(spoil: Callable[[Entries], Entries]) -> None:
    """A spoilt history is red, and the invariant that it breaks is among those named."""
    assert MUTANTS[spoil] in check(spoil(Honest().history())).broken


@given(events=st.integers(1, 30), breaks=st.sets(st.integers(0, 29)))
def test_honest_histories_of_any_length_are_clean(events: int, breaks: set[int]) -> None:
    """However often clients come back, nothing is found."""
    assert check(Honest(events, sorted(breaks)).history()).clean


@given(events=st.integers(1, 20), breaks=st.sets(st.integers(0, 19)), which=st.integers(0, 200))
def test_no_frame_can_be_dropped_unnoticed(events: int, breaks: set[int], which: int) -> None:
    """Whichever notification is taken away from whoever: it is found."""
    entries = Honest(events, sorted(breaks)).history()
    told = frames(entries, "ann") + frames(entries, "bob")
    broken = check(instead(entries, told[which % len(told)])).broken
    assert Invariant.LOSS in broken


@given(events=st.integers(1, 20), which=st.integers(0, 200), by=st.sampled_from([-2, -1, 1, 2]))
def test_no_cursor_can_be_moved_unnoticed(events: int, which: int, by: int) -> None:
    """A frame whose id points before or behind its record is found."""
    entries = Honest(events).history()
    told = frames(entries, "ann") + frames(entries, "bob")
    frame = told[which % len(told)]
    offset = next(e.offset for e in entries if isinstance(e, Logged) and e.id == frame.id)
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
    summary = Framed(first.at, "ann", "summary", frames(entries)[0].cursor, count=1)
    one_missed = instead(entries, first, summary)
    assert check(one_missed).clean
    assert Invariant.SKIP in check(instead(one_missed, second)).broken


def test_what_is_seen_only_in_the_snapshot_is_seen() -> None:
    """After a reset the inbox counts as sight, and says when."""
    entries = drop_the_last(Honest().history())
    lost = frames(Honest().history())[-1]
    assert check([*entries, Snapshot(20.0, "ann", (lost.event_id,))]).clean


def test_a_client_that_left_is_owed_nothing() -> None:
    """Of those who came for a storm only what they saw is judged."""
    entries = drop_the_last(Honest().history())
    passing = [replace(e, lasting=False) if isinstance(e, Opened) else e for e in entries]
    assert check(passing).clean


def test_who_stopped_following_is_owed_nothing_of_the_topic() -> None:
    """Only who followed throughout is owed all."""
    from tidings_chaos.core.history import Followed

    entries = Honest(events=2, breaks=()).history()
    last = frames(entries)[-1]
    assert Invariant.LOSS in check(instead(entries, last)).broken
    assert check([*instead(entries, last), Followed(30.0, "ann", "t1", False)]).clean


def test_a_replay_far_away_or_after_a_reset_is_counted_and_allowed() -> None:
    """Repeats are figures; only those that the wire excludes are wrong."""
    entries = Honest(breaks=()).history()
    told = frames(entries)[0]
    offset = 3000
    again = replace(told, at=30.0, cursor=cursor(offset + 1))
    logged = Logged(0, offset, told.id, "ann", told.event_id)
    bounds = [replace(e, high=offset + 1) if type(e).__name__ == "Bounds" else e for e in entries]
    verdict = check([*bounds, again, logged])
    assert verdict.clean
    assert verdict.figures["repeats_on_the_wire"] == 1
    assert verdict.figures["repeats_in_the_log"] == 1


def test_a_deadline_moves_with_what_is_broken() -> None:
    """A fault that begins before the deadline moves it to 60 s after its healing; a later one does not."""
    assert deadline(0.0, []) == 60
    assert deadline(0.0, [(50.0, 55.0)]) == 115
    assert deadline(0.0, [(50.0, 55.0), (100.0, 130.0)]) == 190
    assert deadline(0.0, [(70.0, 80.0)]) == 60
    assert deadline(10.0, [(1.0, 2.0)]) == 70


def test_a_fault_that_never_heals_excuses_delay_but_not_loss() -> None:
    """Late is measured from healing; lost is lost."""
    entries = [*Honest().history(), Fault(10.0, "broker-kill", "start")]
    assert check(see_it_too_late(entries)).clean
    assert Invariant.LOSS in check(drop_the_last(entries)).broken


def test_a_bad_record_without_place_for_bytes_needs_its_letter_too() -> None:
    """A tombstone has no bytes; its letter has none either."""
    bad = Poisoned(16.0, "tombstone", "events.demo", 1, 3, "")
    entries = [*Honest().history(), bad]
    assert Invariant.BURIAL in check(entries).broken
    assert check([*entries, Buried("events.demo", 1, 3, "UndecodableValue", "no value", "")]).clean
