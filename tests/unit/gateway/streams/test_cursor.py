"""Cursors: what is written is read back, and nothing else is taken for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tidings_gateway.core.cursor import MAX_OFFSET, Cursor, Malformed, parse

CURSORS = st.builds(
    Cursor,
    epoch=st.binary(min_size=6, max_size=6),
    partition=st.integers(0, 65_535),
    offset=st.integers(0, MAX_OFFSET),
)


@given(CURSORS)
def test_a_cursor_survives_its_text(cursor: Cursor) -> None:
    """Reading what was written gives the same position."""
    assert parse(str(cursor)) == cursor


@given(st.text())
def test_any_text_is_a_cursor_or_malformed(text: str) -> None:
    """Whatever a client sends, parsing neither raises nor guesses."""
    parsed = parse(text)
    assert str(parsed) == text if isinstance(parsed, Cursor) else parsed == Malformed(len(text))


@given(CURSORS, st.integers(0, 24), st.characters(codec="utf-8"))
def test_a_changed_character_never_means_the_same_position(cursor: Cursor, at: int, character: str) -> None:
    """Two different texts never stand for one cursor, so a cache or a log can compare them as text."""
    text = str(cursor)
    changed = text[:at] + character + text[at + 1 :]
    assert changed == text or parse(changed) != cursor


@pytest.mark.parametrize(
    "text",
    [
        "",
        "v1.",
        "v2.X-zrZv_IAAAAAAAAAAAAAA",
        "v1.X-zrZv_IAAAAAAAAAAAAA",  # a byte short
        "v1.X-zrZv_IAAAAAAAAAAAAAAA",  # a byte long
        "v1.X-zrZv_IAAAAAAAAAAAAAA==",
        "v1.X-zrZv_IAAAAAAAAAAAAAB",  # bits beyond the last byte
        "v1.X+zrZv/IAAAAAAAAAAAAAA",  # the other base64 alphabet
        "v1.X-zrZv_IAAD__________w",  # offset 2**64 - 1
        "v1.X-zrZv_IAAAAAAAAAAAAAA\n",
        " v1.X-zrZv_IAAAAAAAAAAAAAA",
        "V1.X-zrZv_IAAAAAAAAAAAAAA",
        "v1.X-zrZv_IAAAAAAAAAAAAＡA",  # a full-width letter
        "0:17",
        "-1",
        "9223372036854775808",
        "a" * 65_536,
    ],
)
def test_what_is_nearly_a_cursor_is_malformed(text: str) -> None:
    """One step beside the format is outside it."""
    assert parse(text) == Malformed(len(text))
