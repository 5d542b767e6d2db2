"""The window of ids that were seen lately."""

from hypothesis import given
from hypothesis import strategies as st
from tidings_gateway.core.window import Window


@given(st.lists(st.integers(0, 20), max_size=100), st.integers(1, 10))
def test_it_knows_the_last_distinct_ids(numbers: list[int], capacity: int) -> None:
    """An id is known exactly if it is among the last `capacity` that were new when they came."""
    window, expected = Window(capacity), list[bytes]()
    for number in numbers:
        id = b"%d" % number
        assert window.add(id) == (id not in expected)
        if id not in expected:
            expected = [*expected, id][-capacity:]
    assert len(window) == len(expected)
