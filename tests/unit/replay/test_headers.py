"""Headers as columns."""

from hypothesis import given
from hypothesis import strategies as st
from tidings_replay.core.headers import Headers

pairs = st.lists(st.tuples(st.sampled_from(["a", "b", "c"]), st.none() | st.binary(max_size=3)), max_size=3)
rows = st.lists(st.none() | pairs, max_size=8) | st.lists(st.just([("a", b"1"), ("b", b"2")]), min_size=1, max_size=8)


def _pairs(headers: Headers) -> list[list[tuple[str, bytes | None]] | None]:
    return [None if (row := headers[n]) is None else list(row) for n in range(len(headers))]


@given(rows, rows)
def test_every_record_keeps_its_own_pairs(one: list, other: list) -> None:  # type: ignore[type-arg]
    """Columns or not, joined or not."""
    headers = Headers(one)
    headers.extend(Headers(other))
    assert _pairs(headers) == [*one, *other]


@given(rows, st.data())
def test_what_is_taken_keeps_its_pairs(some: list, data: st.DataObject) -> None:  # type: ignore[type-arg]
    """In the order asked for."""
    places = data.draw(st.lists(st.integers(0, len(some) - 1), max_size=5)) if some else []
    assert _pairs(Headers(some).take(places)) == [some[place] for place in places]


def test_records_with_the_same_headers_are_columns() -> None:
    """That is what it is for."""
    headers = Headers([[("a", b"1"), ("b", b"2")], [("a", b"3"), ("b", None)]])
    assert headers.names == ("a", "b")
    assert headers.columns == [[b"1", b"3"], [b"2", None]]


def test_a_name_that_occurs_twice_is_kept_twice() -> None:
    """Kafka allows it."""
    headers = Headers([[("a", b"1"), ("a", b"2")]])
    assert headers[0] == [("a", b"1"), ("a", b"2")]
