"""The resume token."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tidings_replay.core.errors import BadToken
from tidings_replay.core.plan import Range
from tidings_replay.core.resume import Checkpoint, advance, parse_token

ranges = st.builds(
    Range,
    st.text("abc.-_", min_size=1, max_size=20),
    st.integers(0, 1000),
    st.integers(0, 2**62),
    st.integers(0, 2**62),
    st.none() | st.integers(0, 2**45),
    st.none() | st.integers(0, 2**45),
)
requests = st.dictionaries(st.text(max_size=5), st.text(max_size=20) | st.integers(-9, 9) | st.booleans(), max_size=4)


@given(st.lists(ranges, max_size=8), requests, st.integers(0, 10**9), st.integers(1, 9))
def test_a_token_gives_back_what_it_was_made_of(
    some: list[Range], request: dict[str, object], n: int, part: int
) -> None:
    """Text and back."""
    checkpoint = Checkpoint(tuple(some), request, n, part)
    assert parse_token(checkpoint.token()) == checkpoint


@given(st.binary(max_size=60), st.integers(0, 500))
def test_a_damaged_token_is_refused_not_misread(noise: bytes, at: int) -> None:
    """Bytes of the text exchanged: refused, or the very same checkpoint."""
    checkpoint = Checkpoint((Range("events.flights", 3, 5, 900),), {"where": "event.x > 1"}, 7)
    text = checkpoint.token()
    at = at % len(text)
    damaged = text[:at] + noise.hex() + text[at + len(noise) :]
    with contextlib.suppress(BadToken):
        assert parse_token(damaged) == checkpoint


@pytest.mark.parametrize("text", ["", "v1.abc", "r1.", "r1.????", "r1.eJwrSS0uAQAEXQHB"])
def test_what_is_no_token_is_refused(text: str) -> None:
    """Cut off, of another kind, or not made here."""
    with pytest.raises(BadToken):
        parse_token(text)


def test_a_token_that_would_unpack_without_bound_is_refused() -> None:
    """A megabyte of zeros packs into a kilobyte."""
    bomb = Checkpoint((), {"where": "x" * 3_000_000}).token()
    with pytest.raises(BadToken):
        parse_token(bomb)


def test_advance_leaves_out_what_is_through() -> None:
    """A finished range goes, a started one begins where it stopped, an untouched one stays."""
    some = (Range("t", 0, 0, 10), Range("t", 1, 0, 10), Range("t", 2, 0, 10))
    assert advance(some, {("t", 0): 10, ("t", 1): 4}) == (Range("t", 1, 4, 10), Range("t", 2, 0, 10))
