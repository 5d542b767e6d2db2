"""Who must be told one by one of what all others share."""

from tidings_processors.wishes import PartitionWishes, Wishes
from tidings_schemas import Preference

from tests.unit.processors.builders import NOW_MS, UNTIMED


def test_whose_preference_cannot_be_read_yet_is_told_one_by_one() -> None:
    """It may say that they want to hear nothing; deliver reads it again when it comes to that."""
    wishes, found = Wishes({}, "preferences", UNTIMED), PartitionWishes()
    readable = UNTIMED.encode(Preference.avro_name, Preference(user="ann", updated_at=NOW_MS).to_avro())  # type: ignore[arg-type]
    for value, particular in ((readable, False), (b"\x00\x00\x00\xff\xffx", True), (readable, False), (b"", True)):
        wishes._apply(found, b"ann", value)
        assert (found.particular == {"ann"}) is particular
    wishes._apply(found, b"ann", None)
    assert found == PartitionWishes(set(), {("en", "UTC")})
