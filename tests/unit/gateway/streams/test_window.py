"""The window of ids that were seen lately."""

from hypothesis import given
from hypothesis import strategies as st
from tidings_gateway.core.record import Message, Record
from tidings_gateway.core.window import Window


def record(offset: int, id: bytes | None, readable: bool = True) -> Record:
    message = Message("notification", "id", b"{}") if readable else None
    return Record(offset, "", "topic", id, b"", lambda user, value: message)


@given(st.lists(st.integers(0, 20), max_size=100), st.integers(1, 10))
def test_it_knows_the_last_distinct_ids(numbers: list[int], capacity: int) -> None:
    """An id is known exactly if it is among the last `capacity` that were new when they came."""
    window, expected = Window(capacity), list[bytes]()
    for offset, number in enumerate(numbers):
        id = b"%d" % number
        assert window.add(record(offset, id)) == (id not in expected)
        if id not in expected:
            expected = [*expected, id][-capacity:]
    assert len(window) == len(expected)


def test_a_record_without_an_id_is_never_a_repeat() -> None:
    """There is nothing to compare."""
    window = Window(10)
    assert [window.add(record(offset, None)) for offset in range(2)] == [True, True]


def test_what_cannot_be_read_does_not_stand_in_the_way() -> None:
    """A broken record with the id of a good one that follows: the good one counts, its own replay does not."""
    window = Window(10)
    assert [window.add(record(0, b"1", readable=False)), window.add(record(1, b"1"))] == [True, True]
    assert window.add(record(2, b"1")) is False


def test_what_has_left_memory_is_still_known() -> None:
    """Its id stays, the record does not."""
    window, gone = Window(10), record(0, b"1")
    window.add(gone)
    window.release(gone)
    assert window.add(record(1, b"1")) is False
    assert window._known == {b"1": 0}
