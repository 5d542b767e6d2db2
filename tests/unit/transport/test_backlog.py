"""The backlog of a partition, and the gate that pauses it."""

from hypothesis import given
from hypothesis import strategies as st
from tidings_processors.transport.backlog import Backlog, Gate, Level, Limits

RECORDS = st.lists(st.lists(st.binary(max_size=4), max_size=8), max_size=12)


def filled(chunks: list[list[bytes]]) -> tuple[Backlog[bytes], Level]:
    level = Level()
    backlog = Backlog(level, len)
    for chunk in chunks:
        level.read += len(chunk)
        level.read_bytes += sum(map(len, chunk))
        backlog.add(list(chunk))
    return backlog, level


@given(RECORDS, st.integers(1, 10))
def test_runs_are_the_records_in_order(chunks: list[list[bytes]], most: int) -> None:
    """Cutting until nothing is left gives every record once, in order, in runs of at most `most` and at least one."""
    backlog, level = filled(chunks)
    runs = []
    while len(backlog):
        runs.append(backlog.cut(most))
    assert [record for run in runs for record in run] == [record for chunk in chunks for record in chunk]
    assert all(1 <= len(run) <= most for run in runs)
    assert (level.records, level.size) == (0, 0)


@given(RECORDS, st.integers(1, 10))
def test_a_run_takes_all_that_waits(chunks: list[list[bytes]], most: int) -> None:
    """A run is as long as it may be: `most`, or everything."""
    backlog, _ = filled(chunks)
    waiting = len(backlog)
    if waiting:
        assert len(backlog.cut(most)) == min(most, waiting)


@given(RECORDS)
def test_clearing_counts_as_taking(chunks: list[list[bytes]]) -> None:
    """After a clear nothing waits, and the level knows."""
    backlog, level = filled(chunks)
    backlog.clear()
    assert (len(backlog), level.records, level.size, backlog.head) == (0, 0, 0, None)


def level_of(records: int, size: int = 0) -> Level:
    level = Level()
    level.read, level.read_bytes = records, size
    return level


LIMITS = Limits(high_records=100, high_bytes=1000)


def test_a_full_partition_is_paused_once() -> None:
    """Only the partition that reached its limit is paused, and not again while it is."""
    gate: Gate[str] = Gate(LIMITS)
    levels = {"full": level_of(100), "not": level_of(99)}
    assert gate.close(levels, levels) == ["full"]
    assert gate.close(levels, levels) == []


def test_few_but_large_records_pause_a_partition_too() -> None:
    """Bytes count as well as records."""
    gate: Gate[str] = Gate(LIMITS)
    assert gate.close({"large": level_of(1, 1000)}, ["large"]) == ["large"]


def test_a_partition_is_resumed_when_half_of_it_is_drained() -> None:
    """It is not resumed right below the limit, which would pause and resume for every record."""
    gate: Gate[str] = Gate(LIMITS)
    level = level_of(100, 1000)
    gate.close({"p": level}, ["p"])
    level.taken, level.taken_bytes = 49, 1000
    assert gate.open({"p": level}) == []
    level.taken = 50
    assert gate.open({"p": level}) == ["p"]
    assert gate.paused == set()


def test_a_revoked_partition_is_forgotten() -> None:
    """A partition that went while it was paused is not resumed, and not paused if it comes back."""
    gate: Gate[str] = Gate(LIMITS)
    gate.close({"p": level_of(100)}, ["p"])
    assert gate.open({}) == []
    assert gate.paused == set()
