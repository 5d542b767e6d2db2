"""The ledger: what may be committed of a partition."""

from hypothesis import given
from hypothesis import strategies as st
from tidings_processors.transport.ledger import Entry, Ledger

#: A history: runs are opened (their lengths, with a gap before each), split, and finished in any order, interleaved.
KINDS = st.sampled_from(("open", "open", "split", "finish", "finish"))
STEPS = st.lists(st.tuples(KINDS, st.integers(1, 5), st.integers(0, 3), st.integers(0, 50)), max_size=60)


class Walk:
    """Plays a history on a ledger and keeps, beside it, what every record's state really is."""

    def __init__(self) -> None:
        self.ledger = Ledger()
        self.working: list[tuple[Entry, int, list[int]]] = []
        self.undone: set[int] = set()
        self.handed_out: list[int] = []
        self._next = 0

    def take(self, step: tuple[str, int, int, int]) -> None:
        kind, length, gap, choice = step
        if kind == "open":
            self.open(length, gap)
        elif self.working and kind == "split":
            self.split(choice % len(self.working), length)
        elif self.working:
            self.finish(choice % len(self.working))

    def open(self, length: int, gap: int) -> None:
        offsets = list(range(self._next + gap, self._next + gap + length))
        self._next = offsets[-1] + 1
        self.working.append((self.ledger.open(offsets[0], offsets[-1], length), 0, offsets))
        self.undone.update(offsets)
        self.handed_out.extend(offsets)

    def split(self, index: int, count: int) -> None:
        entry, part, offsets = self.working[index]
        if count < len(offsets):
            self.working[index] = entry, part, offsets[:count]
            self.working.append((entry, entry.split(offsets[count]), offsets[count:]))

    def finish(self, index: int) -> None:
        entry, part, offsets = self.working.pop(index)
        entry.end(part)
        self.undone.difference_update(offsets)


@given(STEPS)
def test_position_never_passes_a_record_that_is_not_done(steps: list[tuple[str, int, int, int]]) -> None:
    """Whatever the order in which runs and their parts are done, every record below the position is done."""
    walk = Walk()
    for step in steps:
        walk.take(step)
        position = walk.ledger.position
        assert position is None or all(offset >= position for offset in walk.undone)


@given(STEPS)
def test_position_is_as_far_as_it_may_be(steps: list[tuple[str, int, int, int]]) -> None:
    """The position is behind the last of the records that are all done, from the first on."""
    walk = Walk()
    for step in steps:
        walk.take(step)
    first_undone = min(walk.undone, default=None)
    prefix = [offset for offset in walk.handed_out if first_undone is None or offset < first_undone]
    assert walk.ledger.position == (prefix[-1] + 1 if prefix else None)


@given(STEPS)
def test_undone_counts_the_runs_that_the_commit_waits_for(steps: list[tuple[str, int, int, int]]) -> None:
    """Undone is the number of records of the runs that do not lie below the position."""
    walk = Walk()
    lengths: list[tuple[int, int]] = []
    for step in steps:
        walk.take(step)
        if step[0] == "open":
            lengths.append((walk.handed_out[-1], step[1]))
    position = walk.ledger.position or 0
    assert walk.ledger.undone == sum(length for last, length in lengths if last >= position)


def test_nothing_is_pending_before_a_run_is_done() -> None:
    """A run that was only handed out gives nothing to commit."""
    ledger = Ledger()
    ledger.open(first=0, last=9, count=10)
    assert ledger.pending is None


def test_a_committed_position_is_not_pending_again() -> None:
    """What the broker accepted is not committed twice; the next run is."""
    ledger = Ledger()
    ledger.open(0, 9, 10).parts.clear()
    assert ledger.pending == 10
    ledger.committed(10)
    assert ledger.pending is None
    ledger.open(10, 12, 3).parts.clear()
    assert ledger.pending == 13


def test_a_refused_commit_stays_pending() -> None:
    """Unless the ledger is told of a commit, the position is offered again."""
    ledger = Ledger()
    ledger.open(0, 9, 10).parts.clear()
    assert ledger.pending == ledger.pending == 10


def test_a_run_shared_by_two_agents_is_done_when_both_are() -> None:
    """One agent's end is not enough."""
    ledger = Ledger()
    entry = ledger.open(0, 4, 5, parts=2)
    entry.end(0)
    assert ledger.pending is None
    entry.end(1)
    assert ledger.pending == 5


def test_a_run_shared_by_two_agents_is_done_as_far_as_both_are() -> None:
    """Where one of them splits it says nothing of the other."""
    ledger = Ledger()
    entry = ledger.open(0, 9, 10, parts=2)
    rest = entry.split(6)
    entry.end(0)
    assert ledger.pending is None
    entry.end(1)
    assert ledger.pending == 6
    entry.end(rest)
    assert ledger.pending == 10


def test_a_closed_ledger_commits_nothing() -> None:
    """After the partition is lost, a run that gets done counts no more, and knows it."""
    ledger = Ledger()
    entry = ledger.open(0, 4, 5)
    ledger.close()
    entry.parts.clear()
    assert (ledger.pending, ledger.awaited, entry.open) == (None, False, False)


def test_a_run_nobody_will_start_is_neither_awaited_nor_passed() -> None:
    """A void run ends the waiting, and the commit stays before it even when later runs are done."""
    ledger = Ledger()
    working, void = ledger.open(0, 4, 5), ledger.open(5, 9, 5)
    ledger.open(10, 14, 5).parts.clear()
    ledger.void(void)
    assert ledger.awaited
    working.parts.clear()
    assert (ledger.awaited, ledger.position) == (False, 5)


def test_oldest_is_the_run_the_commit_waits_for() -> None:
    """The run that holds the commit back can be named."""
    ledger = Ledger()
    first, second = ledger.open(0, 4, 5), ledger.open(5, 9, 5)
    assert ledger.oldest is first
    first.parts.clear()
    assert ledger.oldest is second
