"""Ways to spoil an honest history, each with the invariant that it breaks."""

from collections.abc import Callable
from dataclasses import replace

from tidings_chaos.core.checker import HEALING_S
from tidings_chaos.core.history import (
    Buried,
    Closed,
    Entry,
    Followed,
    Framed,
    Opened,
    Published,
    Snapshot,
)
from tidings_chaos.core.verdict import Invariant

from tests.unit.chaos.honest import cursor

Entries = list[Entry]


def frames(entries: Entries, client: str = "ann") -> list[Framed]:
    """What a client was told, in order."""
    return [e for e in entries if isinstance(e, Framed) and e.client == client and e.event == "notification"]


def instead(entries: Entries, old: Entry, *new: Entry) -> Entries:
    """The history with one entry replaced."""
    at = entries.index(old)
    return [*entries[:at], *new, *entries[at + 1 :]]


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
