"""A run, and the pieces of it."""

import pytest
from confluent_kafka import Message
from faust.types import TP
from tidings_processors.transport.ledger import Ledger
from tidings_processors.transport.run import Run


def run_of(ledger: Ledger, offsets: list[int]) -> Run:
    records = [Message(topic="events", partition=0, offset=offset) for offset in offsets]
    return Run(TP("events", 0), records, ledger.open(offsets[0], offsets[-1], len(offsets)), 0, lambda: None)


def test_the_first_records_of_a_run_are_committed_while_the_rest_is_worked_on() -> None:
    """Each piece is a run with its own records and offsets."""
    ledger = Ledger()
    first = run_of(ledger, [3, 4, 7, 9])
    rest = first.split(2)
    assert [(run.first, run.last, len(run)) for run in (first, rest)] == [(3, 4, 2), (7, 9, 2)]
    first.done()
    assert ledger.pending == 7
    rest.done()
    assert ledger.pending == 10


def test_pieces_may_be_done_in_any_order() -> None:
    """The commit waits for the first that is not done."""
    ledger = Ledger()
    first = run_of(ledger, [0, 1, 2, 3])
    second = first.split(1)
    third = second.split(2)
    third.done()
    first.done()
    assert ledger.pending == 1
    second.done()
    assert ledger.pending == 4


@pytest.mark.parametrize("count", [0, 2, 3])
def test_a_piece_has_records(count: int) -> None:
    """A run without any would be done, and never be known to be."""
    with pytest.raises(ValueError, match="cannot be split"):
        run_of(Ledger(), [0, 1]).split(count)
