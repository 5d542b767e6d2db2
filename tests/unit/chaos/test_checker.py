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
    Closed,
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

from tests.unit.chaos.honest import EPOCH, Honest, cursor

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


def name_another(entries: Entries) -> Entries:
    told = frames(entries, "bob")[0]
    return instead(entries, told, replace(told, owner="ann"))


def deliver_to_another(entries: Entries) -> Entries:
    of_bob = next(e for e in entries if isinstance(e, Published) and e.user == "bob")
    return [*entries, replace(frames(entries)[-1], event_id=of_bob.id, id="n-x")]


def deliver_to_who_does_not_follow(entries: Entries) -> Entries:
    return [e for e in entries if not (isinstance(e, Followed) and e.user == "ann")]


def keep_what_is_anothers(entries: Entries) -> Entries:
    of_bob = next(e for e in entries if isinstance(e, Published) and e.user == "bob")
    return [*entries, Snapshot(20.0, "ann", (of_bob.id,))]


def keep_what_nobody_published(entries: Entries) -> Entries:
    return [*entries, Snapshot(20.0, "ann", ("nobody-said-so",))]


def keep_what_was_refused(entries: Entries) -> Entries:
    refused = Published(19.0, 18.0, "e-x", "ann", 99, "ann", None, "failed")
    return [*entries, refused, Snapshot(20.0, "ann", ("e-x",))]


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


def point_nowhere(entries: Entries) -> Entries:
    told = frames(entries)[-1]
    return instead(entries, told, replace(told, cursor="v1.?"))


def go_back(entries: Entries) -> Entries:
    return [*entries, Framed(20.0, "ann", "bye", cursor(0))]


def go_to_another_partition(entries: Entries) -> Entries:
    return [*entries, Framed(20.0, "ann", "bye", cursor(99, partition=1))]


def resume_one_late(entries: Entries) -> Entries:
    """The hub joins behind the boundary: the first record after a reconnect is passed over, the next ones come."""
    reopened = next(e for e in entries if isinstance(e, Opened) and e.cursor)
    first = next(f for f in frames(entries) if f.at > reopened.at)
    return instead(entries, first)


def reset_for_nothing(entries: Entries) -> Entries:
    ready = [e for e in entries if isinstance(e, Framed) and e.event == "ready"][-1]
    reset = Framed(ready.at - 0.01, ready.client, "reset", ready.cursor, reason="expired")
    return instead(entries, ready, reset, ready)


def summed_up(entries: Entries, number: int = 1) -> Framed:
    """A summary of one that comes just before the notification of a number."""
    before, told = frames(entries)[number - 1], frames(entries)[number]
    return Framed(told.at, "ann", "summary", before.cursor, count=1)


def sum_up_what_is_given(entries: Entries) -> Entries:
    told = frames(entries)[1]
    return instead(entries, told, summed_up(entries), told)


def sum_up_more_than_there_is(entries: Entries) -> Entries:
    return [*entries, Framed(20.0, "ann", "summary", frames(entries)[-1].cursor, count=50)]


def sum_up_what_is_given_with_ready(entries: Entries) -> Entries:
    last = frames(entries)[-1]
    return instead(entries, last, summed_up(entries, -1), last, Framed(last.at, "ann", "ready", last.cursor))


def pass_over_what_came_after_a_summary(entries: Entries) -> Entries:
    told, later = frames(entries)[3:5]
    return instead(instead(entries, told, summed_up(entries, 3), told), later)


def cut_a_summary_off_and_pass_over_what_it_counted(entries: Entries) -> Entries:
    told = frames(entries)[1]
    ready = Framed(told.at, "ann", "ready", told.cursor)
    return instead(entries, told, *cut_off(summed_up(entries)), ready)


def cut_off(frame: Framed) -> Entries:
    """The connection ends with the frame, and the client comes back."""
    return [frame, Closed(frame.at, "ann"), Opened(frame.at, "ann", "ann", frame.cursor)]


def see_it_too_late(entries: Entries) -> Entries:
    told = frames(entries)[-1]
    return instead(entries, told, replace(told, at=told.at + HEALING_S + 5))


def answer_503(entries: Entries) -> Entries:
    closed = next(e for e in entries if isinstance(e, Closed))
    return instead(entries, closed, replace(closed, status=503))


def bury_the_bytes_elsewhere(entries: Entries) -> Entries:
    letter = next(e for e in entries if isinstance(e, Buried))
    return instead(entries, letter, replace(letter, digest="d2"))


def bury_by_another_class(entries: Entries) -> Entries:
    letter = next(e for e in entries if isinstance(e, Buried))
    return instead(entries, letter, replace(letter, error_class="InvalidEvent"))


def bury_without_a_word(entries: Entries) -> Entries:
    letter = next(e for e in entries if isinstance(e, Buried))
    return instead(entries, letter, replace(letter, error_text=""))


def bury_twice_and_once_wrong(entries: Entries) -> Entries:
    letter = next(e for e in entries if isinstance(e, Buried))
    return instead(entries, letter, replace(letter, digest="d2"), letter)


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
    name_another: Invariant.FOREIGN,
    deliver_to_another: Invariant.FOREIGN,
    deliver_to_who_does_not_follow: Invariant.FOREIGN,
    keep_what_is_anothers: Invariant.FOREIGN,
    keep_what_nobody_published: Invariant.PHANTOM,
    keep_what_was_refused: Invariant.PHANTOM,
    tell_under_two_ids: Invariant.DUPLICATE,
    tell_twice: Invariant.REPEAT,
    swap: Invariant.ORDER,
    point_one_short: Invariant.CURSOR,
    point_nowhere: Invariant.CURSOR,
    go_back: Invariant.CURSOR,
    go_to_another_partition: Invariant.CURSOR,
    resume_one_late: Invariant.SKIP,
    reset_for_nothing: Invariant.FALSE_GAP,
    sum_up_what_is_given: Invariant.FALSE_GAP,
    sum_up_what_is_given_with_ready: Invariant.FALSE_GAP,
    sum_up_more_than_there_is: Invariant.FALSE_GAP,
    pass_over_what_came_after_a_summary: Invariant.SKIP,
    cut_a_summary_off_and_pass_over_what_it_counted: Invariant.SKIP,
    see_it_too_late: Invariant.LATE,
    answer_503: Invariant.SILENCED,
    bury_the_bytes_elsewhere: Invariant.BURIAL,
    bury_by_another_class: Invariant.BURIAL,
    bury_without_a_word: Invariant.BURIAL,
    bury_twice_and_once_wrong: Invariant.BURIAL,
    bury_a_good_one: Invariant.BURIAL,
    bury_nothing: Invariant.BURIAL,
    never_become_ready: Invariant.LOSS,
}


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


ELSEWHERE = "f0f1f2f3f4f5"  # the epoch of another topic of that name
LOW, HIGH = 2, 10
#: What a reset may say → a cursor of which that is true, and no other reason is.
ASKED = {
    "malformed": "v1.nonsense",
    "recreated": cursor(5, epoch=ELSEWHERE),
    "partition": cursor(5, partition=1),
    "expired": cursor(LOW - 1),
    "future": cursor(HIGH + 1),
    "nothing": cursor(5),
}
REASONS = [reason for reason in ASKED if reason != "nothing"]


def reset_of(asked: str, reason: str) -> Entries:
    """A client comes with a cursor and is reset; partition 0 of `notifications` holds offsets from LOW to HIGH."""
    reset = Framed(1.1, "ann", "reset", cursor(HIGH), reason=reason)
    ready = Framed(1.2, "ann", "ready", cursor(HIGH))
    return [Opened(1.0, "ann", "ann", asked), reset, ready, Bounds(0, LOW, HIGH, EPOCH)]


@pytest.mark.parametrize("reason", REASONS)
def test_a_reset_is_honest_when_its_reason_holds(reason: str) -> None:
    """What was asked for cannot be given, and why is said."""
    assert check(reset_of(ASKED[reason], reason)).clean


@pytest.mark.parametrize("reason", [*REASONS, "slow", "too-far"])
@pytest.mark.parametrize("truth", ASKED)
def test_a_reset_lies_when_its_reason_does_not_hold(reason: str, truth: str) -> None:
    """Each reason is held against what was asked: also where another one would have been true."""
    if reason != truth:
        assert Invariant.FALSE_GAP in check(reset_of(ASKED[truth], reason)).broken


@pytest.mark.parametrize("reason", [*REASONS, "slow", "too-far"])
def test_who_asked_for_nothing_is_not_reset(reason: str) -> None:
    """Without a cursor the client stands nowhere, so nothing can be kept from it."""
    assert Invariant.FALSE_GAP in check(reset_of("", reason)).broken


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
