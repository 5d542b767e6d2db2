"""Headers as columns."""

from hypothesis import given
from hypothesis import strategies as st
from tidings_replay.core.headers import Headers, Same

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


def test_what_every_record_says_is_kept_once() -> None:
    """Also over runs, until one of them says something else."""
    headers = Headers([[("a", b"1")]] * 3)
    headers.extend(Headers([[("a", b"1")]] * 2))
    assert headers.columns == [Same(b"1", 5)]
    headers.extend(Headers([[("a", b"2")]]))
    assert headers.columns == [[b"1"] * 5 + [b"2"]]


@given(st.integers(0, 4), st.integers(-5, 5), st.none() | st.integers(-5, 5))
def test_a_value_that_is_kept_once_reads_like_a_list(count: int, start: int, stop: int | None) -> None:
    """Length, items and slices."""
    same, whole = Same(b"x", count), [b"x"] * count
    assert (list(same), len(same), list(same[start:stop])) == (whole, count, whole[start:stop])


def test_a_name_that_occurs_twice_is_kept_twice() -> None:
    """Kafka allows it."""
    headers = Headers([[("a", b"1"), ("a", b"2")]])
    assert headers[0] == [("a", b"1"), ("a", b"2")]
