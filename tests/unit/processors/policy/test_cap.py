"""Caps and ticks."""

from hypothesis import given
from hypothesis import strategies as st
from tidings_processors.core.policy.book import Book
from tidings_processors.core.policy.cap import HOUR_MS, Telling, full
from tidings_processors.core.policy.entry import Entry, State
from tidings_processors.ticks import ticks

CAPS = st.dictionaries(st.sampled_from(["*", "k", "r"]), st.integers(0, 4))
ARRIVALS = st.lists(
    st.tuples(st.integers(0, 4 * HOUR_MS), st.sampled_from(["k", "other"]), st.sampled_from(["r", "s"])), max_size=60
)


@given(CAPS, ARRIVALS)
def test_no_hour_has_more_than_a_cap_allows(caps: dict[str, int], arrivals: list[tuple[int, str, str]]) -> None:
    """Whatever comes, and wherever the hour begins."""
    told: list[Telling] = []
    for at, kind, rule in sorted(arrivals):
        if full(caps, kind, rule, told, at) is None:
            told.append(Telling(at, kind, rule))
    for end in told:
        for key, limit in caps.items():
            hour = [t for t in told if end.at_ms - HOUR_MS < t.at_ms <= end.at_ms and key in ("*", t.kind, t.rule)]
            assert len(hour) <= limit


@given(CAPS, ARRIVALS, st.integers(0, 4 * HOUR_MS))
def test_there_is_room_when_a_cap_says_so_and_not_before(
    caps: dict[str, int], arrivals: list[tuple[int, str, str]], now: int
) -> None:
    """Unless it is nought: then there never is."""
    told = sorted(Telling(*arrival) for arrival in arrivals if arrival[0] <= now)
    found = full(caps, "k", "r", told, now)
    if found is not None:
        assert found.limit == caps[found.key]
        assert now < found.until_ms <= now + HOUR_MS
        assert full(caps, "k", "r", told, found.until_ms - 1) is not None
        if 0 not in caps.values():
            assert full(caps, "k", "r", told, found.until_ms) is None


def an_entry(due_at: int, entry_id: str = "n-1") -> Entry:
    return Entry(entry_id, "ann", State.HELD, "r", "k", None, None, "", due_at, 0, None, "/s", "e", 0, 5)


def test_a_partition_gets_a_tick_when_something_is_due_there() -> None:
    """And only then; also when it waits for Kafka's ack."""
    book, empty = Book(), Book()
    book.restore(an_entry(100))
    assert list(ticks({0: empty, 3: book}, 99)) == []
    (tick,) = ticks({0: empty, 3: book}, 100)
    assert (tick.topic, tick.partition, tick.key, tick.value) == ("drafts", 3, None, None)
    book.put(an_entry(100), 7)
    assert book.take_due(100) == []
    assert len(list(ticks({3: book}, 100))) == 1
    book.landed(7, 7)
    assert [entry.id for entry in book.take_due(100)] == ["n-1"]
    book.forget("n-1")
    assert book.take_due(100) == []
    assert list(ticks({3: book}, 100)) == []
