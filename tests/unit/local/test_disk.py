"""Whether there is room."""

from pathlib import Path

from tidings.local import disk


def test_enough_room_is_not_worth_a_word() -> None:
    """Exactly enough is enough."""
    assert disk.shortage("Kafka's data", Path("/d"), free=disk.MIB, needed=disk.MIB) is None


def test_shortage_names_place_and_remedy() -> None:
    """The sentence says what, where, how much is there, how much is needed, and what helps."""
    told = disk.shortage("Kafka's data", Path("/d"), free=3 * disk.MIB, needed=512 * disk.MIB)
    assert told == (
        "Kafka's data needs 512 MiB in /d, but only 3 MiB are free: "
        "make room there, or set TIDINGS_HOME to a folder on a larger disk."
    )
