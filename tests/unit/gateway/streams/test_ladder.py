"""The ladder for slow clients: what is sent, what is left out, what is told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tidings_gateway.core.ladder import Marks, Step, conflate, plan
from tidings_gateway.core.record import Message, Record

MARKS = Marks(conflate=100, summarise=200, reset=400)


def record(
    offset: int, key: str | None = None, size: int = 10, priority: str = "normal", event: str = "notification"
) -> Record:
    message = Message(event, f"id-{offset}", b"{}", "ann", collapse_key=key, priority=priority)
    return Record(offset, "ann", "", None, b"x" * size, lambda user, value: message)


RECORDS = st.lists(
    st.tuples(
        st.sampled_from([None, "a", "b", "c"]),
        st.integers(1, 60),
        st.sampled_from(["normal", "critical"]),
        st.sampled_from(["notification", "read-state"]),
    ),
    max_size=30,
).map(lambda made: [record(at, *fields) for at, fields in enumerate(made)])


@pytest.mark.parametrize(
    ("sizes", "step"),
    [
        ([100], Step.PASS),
        ([101], Step.CONFLATE),
        ([200], Step.CONFLATE),
        ([201], Step.SUMMARISE),
        ([400], Step.SUMMARISE),
        ([401], Step.RESET),
    ],
)
def test_each_mark_begins_a_step(sizes: list[int], step: Step) -> None:
    """Up to and including a mark, the step before it holds."""
    assert plan([record(at, size=size) for at, size in enumerate(sizes)], MARKS).step is step


def test_conflation_keeps_the_newest_of_each_key() -> None:
    """Records without a key are all kept, and the order stays."""
    records = [record(0, "a"), record(1), record(2, "b"), record(3, "a"), record(4)]
    assert [r.offset for r in conflate(records)] == [1, 2, 3, 4]


def test_conflation_may_be_enough() -> None:
    """A flood of one key becomes one record, and nothing need be summed up."""
    chosen = plan([record(at, "a") for at in range(30)], MARKS)
    assert (chosen.step, [r.offset for r in chosen.records], chosen.summarised) == (Step.CONFLATE, [29], 0)


def test_a_summary_spares_the_newest_the_critical_and_the_read_states() -> None:
    """What must arrive arrives; the others are counted."""
    critical, state = record(0, priority="critical"), record(1, event="read-state")
    chosen = plan([critical, state, *(record(at) for at in range(2, 32))], MARKS)
    assert chosen.step is Step.SUMMARISE
    assert [r.offset for r in chosen.records] == [0, 1, *range(22, 32)]
    assert chosen.summarised == 20


@given(RECORDS)
def test_every_record_is_sent_replaced_counted_or_reset(records: list[Record]) -> None:
    """Nothing vanishes without a word, and the order stays."""
    chosen = plan(records, MARKS)
    sent = [r.offset for r in chosen.records]
    assert sent == sorted(sent)
    if chosen.step is Step.RESET:
        assert sent == []
        return
    assert len(conflate(records)) == len(sent) + chosen.summarised or chosen.step is Step.PASS
    if chosen.step is Step.PASS:
        assert chosen.records == records
