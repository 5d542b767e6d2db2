"""The tail: the end of a partition's log, found by user."""

from hypothesis import given
from hypothesis import strategies as st
from tidings_gateway.core.record import Message, Record
from tidings_gateway.core.reread import Reread
from tidings_gateway.core.tail import OVERHEAD, Gone, Tail
from tidings_gateway.core.window import Window


def never(user: str, topic: str) -> bool:
    return False


def record(offset: int, user: str = "ann", id: str = "", size: int = 10, topic: str = "") -> Record:
    name = id or f"id-{offset}"
    return Record(offset, user, topic, name.encode(), b"x" * size, lambda u, v: Message("notification", name, v, u))


def tail(start: int = 0, begin: int | None = None, max_bytes: int = 10**6, max_age: float = 10**6) -> Tail:
    return Tail(start, start if begin is None else begin, max_bytes, max_age, Window(1000))


def offsets(found: list[Record] | Gone) -> list[int]:
    assert isinstance(found, list)
    return [r.offset for r in found]


@given(st.lists(st.sampled_from(["ann", "bob", "eve"]), max_size=50), st.integers(0, 60))
def test_since_gives_a_users_records_from_an_offset_on(users: list[str], offset: int) -> None:
    """All of them, in order, and nobody else's."""
    made = tail()
    for at, user in enumerate(users):
        made.append(record(at, user), 0)
    found = made.since("ann", offset, never)
    if offset > len(users):
        assert found == Gone(ahead=True)
    else:
        assert offsets(found) == [at for at, user in enumerate(users) if user == "ann" and at >= offset]


@given(st.lists(st.tuples(st.sampled_from(["ann", "bob"]), st.integers(0, 500)), max_size=60), st.integers(1, 6))
def test_it_keeps_to_its_bytes(records: list[tuple[str, int]], room: int) -> None:
    """What does not fit is let go of, oldest first, and from then on the tail begins after it."""
    made = tail(max_bytes=room * (OVERHEAD + 250))
    for at, (user, size) in enumerate(records):
        made.append(record(at, user, size=size), 0)
        made.trim(0)
        assert made.bytes <= room * (OVERHEAD + 250)
    assert made.end - made.start == len(made)
    kept = {at for user in ("ann", "bob") for at in offsets(made.since(user, made.start, never))}
    assert kept == set(range(made.start, made.end))


def test_it_keeps_to_its_age() -> None:
    """A record older than the limit goes, one as old stays."""
    made = tail(max_age=10)
    made.append(record(0), now=0)
    made.append(record(1), now=5)
    made.trim(now=10)
    assert made.start == 0
    made.trim(now=10.5)
    assert (made.start, offsets(made.since("ann", 1, never))) == (1, [1])
    assert made.since("ann", 0, never) == Gone(ahead=False)


def test_what_lies_before_the_start_only_marks_replays() -> None:
    """Records between `begin` and `start` are given to nobody, but their replays are recognised."""
    made = tail(start=2, begin=0)
    assert [made.append(record(at, id=f"n{at}"), 0) for at in range(3)] == [False, False, True]
    assert made.append(record(3, id="n1"), 0) is False
    assert (offsets(made.since("ann", 2, never)), made.duplicates) == ([2], 1)


def test_a_repeated_offset_is_not_taken_twice() -> None:
    """A source that begins again further back does no harm."""
    made = tail()
    made.append(record(0, id="a"), 0)
    assert made.append(record(0, id="b"), 0) is False
    assert (made.end, len(made)) == (1, 1)


def test_offsets_without_records_are_no_gap() -> None:
    """Transaction markers and compacted records take offsets too."""
    made = tail()
    made.append(record(0), 0)
    made.append(record(7), 0)
    made.advance(12)
    assert (offsets(made.since("ann", 3, never)), offsets(made.since("ann", 12, never))) == ([7], [])


def test_shared_records_come_in_order_with_ones_own() -> None:
    """Only those of topics that the user follows."""
    made = tail()
    made.append(record(0, "ann"), 0)
    made.append(record(1, "", topic="flight:1"), 0)
    made.append(record(2, "", topic="flight:2"), 0)
    made.append(record(3, "ann"), 0)
    assert offsets(made.since("ann", 0, lambda user, topic: topic == "flight:1")) == [0, 1, 3]
    assert offsets(made.since("bob", 0, lambda user, topic: topic == "flight:2")) == [2]


def test_users_without_records_cost_nothing() -> None:
    """When a user's last record goes, so does the user."""
    made = tail(max_age=1)
    made.append(record(0, "ann"), now=0)
    made.append(record(1, "", topic="t"), now=0)
    made.trim(now=5)
    assert (made._users, made._topics, made.bytes) == ({}, {}, 0)


@given(st.lists(st.sampled_from(["ann", "bob", ""]), max_size=40), st.data())
def test_what_is_read_back_stands_where_it_belongs(users: list[str], data: st.DataObject) -> None:
    """A tail that was given its past later is the same as one that had it from the start."""
    cut = data.draw(st.integers(0, len(users)))
    begin = data.draw(st.integers(0, cut))
    records = [record(at, user, topic="" if user else "t") for at, user in enumerate(users)]
    made = tail(start=cut)
    for later in records[cut:]:
        made.append(later, 0)
    made.prepend(records[begin:], begin, 0)
    assert (made.start, made.end, len(made)) == (begin, max(cut, len(users)), len(users) - begin)
    assert made.bytes == sum(r.size + OVERHEAD for r in records[begin:])
    for user in ("ann", "bob"):
        for offset in range(begin, made.end + 1):
            mine = [at for at, owner in enumerate(users) if at >= offset and owner in (user, "")]
            assert offsets(made.since(user, offset, lambda user, topic: True)) == mine
    assert begin == 0 or made.since("ann", begin - 1, never) == Gone(ahead=False)


def test_what_is_read_back_is_kept_for_a_minute() -> None:
    """However old it is, and then it goes first."""
    made = tail(start=1, max_age=3600)
    made.append(record(1), now=0)
    made.prepend([record(0)], 0, now=3500)
    made.trim(now=3559)
    assert made.start == 0
    made.trim(now=3561)
    assert made.start == 1


def test_what_leaves_memory_is_not_held_by_the_window() -> None:
    """Only its id stays."""
    made = tail(max_age=1)
    made.append(record(0, id="a"), now=0)
    made.trim(now=5)
    assert made.window._known == {b"a": 0}


@given(st.lists(st.integers(1, 300), max_size=30), st.integers(0, 10), st.integers(0, 8))
def test_a_read_keeps_its_newest_without_a_hole(sizes: list[int], start: int, rooms: int) -> None:
    """As many as there is room for; from where they begin on, nothing is missing."""
    room = rooms * (OVERHEAD + 200)
    reread = Reread(start, room)
    for offset, size in enumerate(sizes):
        reread.add(record(offset, size=size))
    kept = [r.offset for r in reread.records]
    assert kept == list(range(reread.start, len(sizes)))
    assert sum(r.size + OVERHEAD for r in reread.records) <= room
    assert reread.start >= start


def test_a_read_that_jumps_begins_anew() -> None:
    """What lay before is gone from the log; its room is free again."""
    reread = Reread(0, 2 * (OVERHEAD + 10))
    for offset in (0, 1):
        reread.add(record(offset))
    reread.restart(7)
    for offset in (7, 8):
        reread.add(record(offset))
    assert (reread.start, [r.offset for r in reread.records]) == (7, [7, 8])
