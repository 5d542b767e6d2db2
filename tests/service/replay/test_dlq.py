"""Dead letters on real Kafka."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.service.replay.corner import T0, Corner

pytestmark = pytest.mark.kafka


def letter(corner: Corner, offset: int, value: bytes, **more: Any) -> bytes:
    """A dead letter's bytes."""
    record = {
        "topic": "events.demo",
        "partition": 1,
        "offset": offset,
        "key": b"k",
        "value": value,
        "value_size": len(value),
        "headers": [],
        "stage": "match",
        "error_class": "UnknownSchemaId",
        "error_text": f"the registry has no schema of id {offset}",
        "rule": None,
        "at": datetime.now(UTC),
        "redrives": 0,
    }
    return corner.codec.encode("tidings.DeadLetter", record | more)


@pytest.fixture
def dead(corner: Corner) -> Corner:
    """Five dead letters of two causes; one was put back three times already; their order is not that of their
    offsets."""
    corner.topic("dead-letters")
    corner.topic("events.demo", partitions=2)
    letters = [letter(corner, offset, corner.message(offset)) for offset in (30, 10, 20)]
    letters.append(letter(corner, 40, b"junk", error_class="UndecodableValue", error_text="junk", redrives=3))
    letters.append(letter(corner, 50, b"junk", error_class="UndecodableValue", error_text="junk"))
    corner.put("dead-letters", letters)
    return corner


def _json(corner: Corner, *arguments: str) -> Any:
    return json.loads(corner.tidings("dlq", *arguments, "--json").stdout)


def _states(corner: Corner) -> list[str]:
    return [one["state"] for one in _json(corner, "list", "--state", "any")]


def test_a_redrive_puts_records_back_in_order_and_once(dead: Corner) -> None:
    """In the order of their offsets; running it again sends nothing more."""
    first = _json(dead, "redrive", "--class", "UnknownSchemaId")
    again = _json(dead, "redrive", "--class", "UnknownSchemaId")
    assert first["redriven"] == [1, 2, 0]
    assert again["redriven"] == []
    back = dead.rows("events.demo")
    assert [(r["partition"], r["key"], r["data"]["sequence"]) for r in back] == [(1, "k", n) for n in (10, 20, 30)]
    assert [r["headers"]["tidings-redrives"] for r in back] == ["1"] * 3
    assert [r["id"] for r in back] == [f"events.demo:1:{n}" for n in (10, 20, 30)]
    assert _states(dead) == ["redriven"] * 3 + ["open"] * 2


def test_a_dry_run_changes_nothing(dead: Corner) -> None:
    """It only says what would be put back."""
    assert len(_json(dead, "redrive", "--all", "--dry-run")["redriven"]) == 4
    assert _states(dead) == ["open"] * 5


def test_the_cap_ends_a_loop(dead: Corner) -> None:
    """What was put back three times stays, and that is said."""
    told = _json(dead, "redrive", "--all")
    assert [s["offset"] for s in told["skipped"]] == [3]
    assert "3 times already" in told["skipped"][0]["why"]


def test_a_redrive_that_was_cut_short_goes_on(dead: Corner) -> None:
    """Two of three, then the rest."""
    assert len(_json(dead, "redrive", "--class", "UnknownSchemaId", "--limit", "2")["redriven"]) == 2
    assert len(_json(dead, "redrive", "--class", "UnknownSchemaId")["redriven"]) == 1
    assert sorted(dead.sequences("events.demo")) == [10, 20, 30]


def test_a_redrive_must_be_told_which(dead: Corner) -> None:
    """Everything only by --all."""
    assert "--all" in str(dead.tidings("dlq", "redrive", exit_code=1).exception)


def test_what_is_discarded_is_no_longer_open(dead: Corner) -> None:
    """With its reason; the letter itself stays."""
    _json(dead, "discard", "3", "--reason", "the producer was fixed")
    assert _states(dead) == ["open"] * 3 + ["discarded", "open"]
    assert _json(dead, "show", "3")["note"] == "the producer was fixed"


def test_one_letter_is_shown_with_its_bytes(dead: Corner) -> None:
    """Also for people."""
    assert _json(dead, "show", "4")["hex"] == "6a 75 6e 6b"
    text = dead.tidings("dlq", "show", "4").stdout
    assert "UndecodableValue" in text
    assert "dead letter" in str(dead.tidings("dlq", "show", "99", exit_code=1).exception)


def test_causes_are_counted_over_time(dead: Corner) -> None:
    """Ids differ, the cause is one."""
    found = _json(dead, "stats")
    assert [(g["name"], g["count"]) for g in found] == [
        ("UnknownSchemaId: the registry has no schema of id #", 3),
        ("UndecodableValue: junk", 2),
    ]
    assert sum(found[0]["over_time"].values()) == 3
    assert "█" in dead.tidings("dlq", "stats").stdout


def test_brackets_in_an_error_are_shown(corner: Corner) -> None:
    """By the list and by the statistics."""
    corner.topic("dead-letters")
    corner.put("dead-letters", [letter(corner, 0, b"junk", error_text="no [/field] of [x]")])
    for command in ("list", "stats"):
        assert "no [/field] of [x]" in corner.tidings("dlq", command).stdout


def test_the_list_is_a_table_for_people(dead: Corner) -> None:
    """Place, record, cause."""
    text = dead.tidings("dlq", "list", "--class", "UndecodableValue").stdout
    assert "events.demo/1@40" in text
    assert len(text.splitlines()) == 3


@pytest.fixture
def of_alice(corner: Corner) -> Corner:
    """One dead letter of a receipt of alice, who is named by its key, value, headers and error."""
    corner.topic("dead-letters")
    corner.topic("receipts")
    receipt = {"id": "r", "user": "alice", "notifications": [], "state": "read", "at": T0, "device": None}
    of_hers = letter(
        corner,
        0,
        corner.codec.encode("tidings.Receipt", receipt),
        topic="receipts",
        partition=0,
        key=b"alice",
        headers=[{"name": "ce_subject", "value": b"alice"}],
        error_text="the key is b'alice', the receipt's user 'bob'",
    )
    corner.put("dead-letters", [of_hers], keys=["alice"])
    return corner


@pytest.mark.parametrize(
    "arguments", [("replay", "dead-letters"), ("sql", "--json", 'select * from "dead-letters"')], ids=["replay", "sql"]
)
def test_analysts_see_no_personal_data_in_a_deadletter(of_alice: Corner, arguments: tuple[str, ...]) -> None:
    """Where it lay, its stage and its class stay; with --personal all of it is shown."""
    masked = of_alice.tidings(*arguments).stdout
    assert "UnknownSchemaId" in masked
    assert "alice" not in masked
    assert "alice" in of_alice.tidings(*arguments, "--personal").stdout


def test_operators_see_and_put_back_the_true_bytes(of_alice: Corner) -> None:
    """Masking is for analysts: `dlq` shows the record, and a redrive sends it, byte by byte as it was."""
    shown = _json(of_alice, "show", "0")
    assert (shown["key"], shown["headers"]) == ("alice", {"ce_subject": "alice"})
    assert "alice" in shown["error_text"]
    assert _json(of_alice, "redrive", "0")["redriven"] == [0]
    (back,) = of_alice.rows("receipts", "--personal")
    assert (back["key"], back["data"]["user"], back["subject"]) == ("alice", "alice", "alice")
