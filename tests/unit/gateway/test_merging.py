"""Batches that wait together become one."""

from hypothesis import given
from hypothesis import strategies as st
from tidings_gateway.core.reasons import Reset
from tidings_gateway.sources.base import Batch, Jump, Raw
from tidings_gateway.sources.merging import merged


def batch(partition: int, begin: int, count: int) -> Batch:
    records = [Raw(offset, b"key", b"value", 0) for offset in range(begin, begin + count)]
    return Batch(partition, records, begin + count, begin + count + 5)


def test_what_waits_for_one_partition_comes_at_once() -> None:
    """Its records in order, up to where the last of them ends."""
    assert list(merged([batch(0, 0, 2), batch(1, 7, 1), batch(0, 2, 3)])) == [batch(0, 0, 5), batch(1, 7, 1)]


def test_nothing_overtakes_another_event() -> None:
    """What came before a jump is handed over before it, what came after it after it."""
    jump = Jump(0, 9, Reset.EXPIRED)
    events = [batch(0, 0, 1), batch(1, 0, 1), jump, batch(0, 9, 1)]
    assert list(merged(events)) == events


def test_a_merged_batch_stays_small() -> None:
    """A long backlog comes in several steps, between which others get their turn."""
    sizes = [len(one.records) for one in merged([batch(0, begin, 400) for begin in range(0, 4000, 400)])]
    assert sizes == [800] * 5


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 700)), max_size=12))
def test_no_record_is_lost_or_moved_within_its_partition(steps: list[tuple[int, int]]) -> None:
    """Whatever waits: the same offsets for each partition, in the same order."""
    ends, batches = [0, 0, 0], []
    for partition, count in steps:
        batches.append(batch(partition, ends[partition], count))
        ends[partition] += count
    got = list(merged(batches))
    for partition, end in enumerate(ends):
        offsets = [record.offset for one in got if one.partition == partition for record in one.records]
        assert offsets == list(range(end))
