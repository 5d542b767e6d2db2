"""Personal data."""

from typing import Any

import pyarrow as pa
import pytest
from tidings_replay.core.arrow import arrow_schema
from tidings_replay.core.decode import Decoder
from tidings_replay.core.masking import PREFIX, Mask, classification, may_hold_personal, personal_fields
from tidings_replay.core.process import Process
from tidings_replay.core.run import Run
from tidings_replay.core.where import Condition, Filter
from tidings_schemas.catalogue import Catalogue
from tidings_schemas.codec import FixedSchemas
from tidings_schemas.history import folder_of, versions

from tests.unit.replay.builders import CATALOGUE, T0, decoder, message, run, value

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


LETTER: dict[str, Any] = {
    "topic": "receipts",
    "partition": 0,
    "offset": 7,
    "key": b"alice",
    "value": b"junk of alice",
    "value_size": 13,
    "headers": [{"name": "ce_subject", "value": b"alice"}],
    "stage": "deliver",
    "error_class": "InvalidEvent",
    "error_text": "the key is b'alice', the receipt's user 'bob'",
    "rule": None,
    "at": T0,
    "redrives": 1,
}


def _letters() -> Run:
    whole = run([value("tidings.DeadLetter", LETTER)], topic="dead-letters")
    whole.keys = [b"alice"]
    return whole


def test_a_dead_letter_shows_no_data_of_the_record_in_it() -> None:
    """Neither key, value and headers nor an error's text, which may quote them; where it lay and its cause stay."""
    (row,) = _rows(_letters())
    assert "alice" not in repr(row)
    assert (row["key"], row["value"], row["headers"]) == (None, None, [{"name": "ce_subject", "value": None}])
    kept = ("topic", "partition", "offset", "value_size", "stage", "error_class", "at", "redrives")
    assert {name: row[name] for name in kept} == {name: LETTER[name] for name in kept}
    assert row["_key"] == row["_subject"] == Mask(SECRET).pseudonym("alice")
    (clear,) = _rows(_letters(), None)
    assert {name: clear[name] for name in LETTER} == LETTER


def test_a_dead_letter_from_before_the_mark_is_masked_as_well() -> None:
    """Today's schema says what is personal, whatever the writer's said."""
    unmarked, today = versions(folder_of(CATALOGUE["tidings.DeadLetter"]))
    assert (personal_fields(arrow_schema(unmarked.json)), len(personal_fields(arrow_schema(today.json)))) == ((), 4)
    old = Catalogue([unmarked])
    whole = run([value("tidings.DeadLetter", LETTER, old)], topic="dead-letters")
    table, failures = Process(Decoder(CATALOGUE, FixedSchemas(old)), Filter(), Mask(SECRET)).run(whole)
    assert failures == []
    assert table is not None
    assert "alice" not in repr(table.to_pylist())


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


def _found(wanted: Filter) -> int:
    table, _ = Process(decoder(), wanted, Mask(SECRET)).run(_receipts("alice", "bob"))
    return 0 if table is None else table.num_rows


@pytest.mark.parametrize(
    "options",
    [
        {"users": frozenset({"{}"})},
        {"keys": frozenset({b"{}"})},
        {"where": "event.user == '{}'"},
        {"where": "key == '{}'"},
    ],
)
def test_a_blind_filter_finds_out_nothing_that_is_masked(options: dict[str, Any]) -> None:
    """Asking for a name finds nobody, so no pseudonym can be traced to it; asking for a pseudonym finds its rows."""

    def wanted(name: str) -> Filter:
        filled = {
            option: Condition(value.replace("{}", name))
            if isinstance(value, str)
            else frozenset(name.encode() if isinstance(item, bytes) else name for item in value)
            for option, value in options.items()
        }
        return Filter(**filled, blind=True)

    assert (_found(wanted("alice")), _found(wanted(Mask(SECRET).pseudonym("alice")))) == (0, 1)


@pytest.mark.parametrize(
    ("topic", "may"),
    [("events.flights", False), ("events.git", True), ("rules", False), ("notifications", True), ("unheard.of", True)],
)
def test_undecodable_bytes_are_personal_unless_nothing_of_the_topic_is(topic: str, may: bool) -> None:
    """Flights hold nobody's data; commits hold authors; of a foreign topic nobody knows."""
    assert may_hold_personal(topic, CATALOGUE) is may


def test_undecodable_bytes_of_a_masked_replay_are_kept_where_they_may_be_shown() -> None:
    """Of flights with their bytes, of notifications without."""
    process = Process(decoder(), Filter(), Mask(SECRET))
    failures = [f for t in ("events.flights", "notifications") for f in process.run(run([b"junk"], topic=t))[1]]
    assert [(f.value, f.key, f.withheld) for f in failures] == [(b"junk", b"k0", False), (None, None, True)]
