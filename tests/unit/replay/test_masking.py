"""Personal data."""

from typing import Any

import pyarrow as pa
from tidings_replay.core.arrow import arrow_schema
from tidings_replay.core.masking import PREFIX, Mask, classification, personal_fields
from tidings_replay.core.process import Process
from tidings_replay.core.run import Run
from tidings_replay.core.where import Filter

from tests.unit.replay.builders import T0, decoder, message, run, value

SECRET = b"for tests"


def _rows(whole: Run, secret: bytes | None = SECRET) -> list[dict[str, Any]]:
    table, failures = Process(decoder(), Filter(), Mask(secret) if secret else None).run(whole)
    assert failures == []
    assert table is not None
    return table.to_pylist()  # type: ignore[no-any-return]


def _receipt(user: str) -> bytes:
    return value(
        "tidings.Receipt",
        {"id": "r1", "user": user, "notifications": ["n1"], "state": "read", "at": T0, "device": None},
    )


def _receipts(*users: str) -> Run:
    whole = run([_receipt(user) for user in users], topic="receipts")
    whole.keys = [user.encode() for user in users]
    return whole


def test_a_personal_field_becomes_a_pseudonym() -> None:
    """The name is nowhere in the row; the rest is as it was."""
    (row,) = _rows(_receipts("alice"))
    assert row["user"].startswith(PREFIX)
    assert row["state"] == "read"
    assert "alice" not in repr(row)


def test_the_same_person_stays_the_same() -> None:
    """So that counting and joining work, in the key too."""
    one, two, three = _rows(_receipts("alice", "bob", "alice"))
    assert one["user"] == three["user"] != two["user"]
    assert one["_key"] == one["user"]


def test_another_secret_gives_other_pseudonyms() -> None:
    """Nobody without the secret can try names."""
    assert _rows(_receipts("alice"))[0]["user"] != _rows(_receipts("alice"), b"other")[0]["user"]


def test_a_follows_key_keeps_its_topic() -> None:
    """`topic|user`: only the user is personal."""
    whole = run([value("tidings.Follow", {"topic": "flight:UA1", "user": "alice", "since": T0})], topic="follows")
    whole.keys = [b"flight:UA1|alice"]
    (row,) = _rows(whole)
    assert row["_key"].startswith("flight:UA1|" + PREFIX)
    assert "alice" not in repr(row)


def test_without_a_mask_everything_is_in_clear() -> None:
    """For roles that may."""
    assert _rows(_receipts("alice"), None)[0]["user"] == "alice"


def test_what_is_not_marked_is_left_alone() -> None:
    """A demo message has no personal field."""
    (row,) = _rows(run([message(1, user="alice")]))
    assert row["user"] == "alice"


NESTED: dict[str, Any] = {
    "type": "record",
    "name": "N",
    "fields": [
        {
            "name": "people",
            "type": {
                "type": "array",
                "items": {
                    "type": "record",
                    "name": "P",
                    "fields": [
                        {"name": "name", "type": "string", "personal": True},
                        {"name": "age", "type": "int", "personal": True},
                        {"name": "role", "type": "string"},
                    ],
                },
            },
        },
        {"name": "notes", "type": {"type": "map", "values": "string"}, "personal": True},
    ],
}


def test_marks_count_at_any_depth() -> None:
    """In arrays of records and in maps; numbers become null."""
    schema = arrow_schema(NESTED)
    people = [{"name": "Alice", "age": 9, "role": "pilot"}]
    batch = pa.RecordBatch.from_pylist([{"people": people, "notes": [("alice", "likes tea")]}], schema)
    (row,) = Mask(SECRET).data(batch).to_pylist()
    assert row["people"][0] == {"name": Mask(SECRET).pseudonym("Alice"), "age": None, "role": "pilot"}
    assert "alice" not in repr(row)
    assert personal_fields(schema) == ("people.name", "people.age", "notes")


def test_the_classification_says_what_a_file_holds() -> None:
    """public, masked or personal."""
    plain, marked = pa.schema([("x", pa.int32())]), arrow_schema(NESTED)
    assert classification([plain], masked=True).level == "public"
    assert classification([plain, marked], masked=True).level == "masked"
    assert classification([marked], masked=False).metadata() == {
        "tidings.classification": "personal",
        "tidings.personal-fields": "notes,people.age,people.name",
    }
