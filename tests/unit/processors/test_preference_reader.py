"""Preferences as bytes: what they say, and what becomes of those that nobody can read."""

from datetime import UTC, datetime

import pytest
from tidings_processors.state import PreferenceReader
from tidings_schemas import Preference
from tidings_schemas.catalogue import Schema
from tidings_schemas.codec import Codec
from tidings_schemas.errors import RegistryUnavailable, TidingsError, UnknownSchemaId

from tests.unit.processors.builders import CATALOGUE, CODEC, DELAYED, SCHEMAS, delayed

WISHES = Preference("ann", datetime(2013, 1, 10, tzinfo=UTC), muted_kinds=["k"])
RAW = CODEC.encode(Preference.avro_name, WISHES.to_avro())


class _Learning:
    """A registry that answers with an error until it knows the schema."""

    def __init__(self, error: TidingsError) -> None:
        self.error: TidingsError | None = error

    def by_id(self, schema_id: int) -> Schema:
        if self.error is not None:
            raise self.error
        return SCHEMAS.by_id(schema_id)

    def id_of(self, schema: Schema) -> int:
        return SCHEMAS.id_of(schema)


def test_what_was_unknown_is_read_once_the_registry_knows_it() -> None:
    """A user's wishes count from then on, without a change of theirs and without a restart."""
    registry = _Learning(UnknownSchemaId("no schema of id 7"))
    reader = PreferenceReader(Codec(CATALOGUE, registry))
    assert (reader.read(RAW), reader.read(RAW)) == (None, None)
    registry.error = None
    assert reader.read(RAW) == WISHES


def test_a_registry_that_is_away_is_waited_for() -> None:
    with pytest.raises(RegistryUnavailable):
        PreferenceReader(Codec(CATALOGUE, _Learning(RegistryUnavailable("down")))).read(RAW)


@pytest.mark.parametrize("raw", [b"\x07", RAW[:-1], CODEC.encode(DELAYED, delayed())])
def test_what_is_no_preference_is_as_if_there_were_none(raw: bytes) -> None:
    """It must not silence its user."""
    assert PreferenceReader(CODEC).read(raw) is None
