"""Confluent's wire format."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tidings_schemas import framing
from tidings_schemas.errors import UndecodableValue


def test_layout_is_magic_zero_and_big_endian_id() -> None:
    """The bytes are those of Confluent's documentation."""
    assert framing.prefix(258) == b"\x00\x00\x00\x01\x02"


@given(st.integers(0, 2**32 - 1), st.binary(max_size=8))
def test_the_id_comes_back(schema_id: int, body: bytes) -> None:
    """Whatever follows the prefix, the id is read from it."""
    assert framing.schema_id_of(framing.prefix(schema_id) + body) == schema_id


@pytest.mark.parametrize(
    ("value", "why"),
    [(None, "tombstone"), (b"", "0 bytes"), (b"\x00\x00\x00\x01", "4 bytes"), (b'{"a": 1}', "magic byte is 123")],
)
def test_what_is_not_framed_is_told_apart(value: bytes | None, why: str) -> None:
    """A tombstone, a short value and another format each get their own words."""
    with pytest.raises(UndecodableValue, match=why):
        framing.schema_id_of(value)
