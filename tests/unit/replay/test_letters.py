"""Dead letters: chosen, grouped, put back."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from tidings_replay.core.letters import (
    DISCARDED,
    OPEN,
    REDRIVEN,
    Change,
    Letter,
    Redrive,
    Selection,
    Skipped,
    groups,
    in_order,
    last_of_each,
    parse_change,
    redrive,
    sparkline,
)
from tidings_schemas import DeadLetter

T0 = datetime(2013, 1, 10, 6, tzinfo=UTC)
LETTER = DeadLetter(
    topic="events.flights",
    partition=2,
    offset=40,
    key=b"UA1",
    value=b"\x00\x00\x00\x00\x01abc",
    value_size=8,
    stage="match",
    error_class="UndecodableValue",
    error_text="tidings.flights.FlightDelayed: 3 bytes left over",
    at=T0,
    headers=[{"name": "ce_id", "value": b"e1"}, {"name": "tidings-redrives", "value": b"1"}],
    redrives=1,
)


def _one(place: int = 0, state: str = OPEN, **more: object) -> Letter:
    return Letter(place, replace(LETTER, **more), state)  # type: ignore[arg-type]


def test_a_redrive_sends_the_same_bytes_to_the_same_place_and_counts() -> None:
    """Headers as they were, the count one higher."""
    made = redrive(_one(7), cap=3)
    assert made == Redrive(7, "events.flights", 2, b"UA1", LETTER.value, (("ce_id", b"e1"), ("tidings-redrives", b"2")))


def test_what_was_put_back_often_enough_stays() -> None:
    """It would go round for ever."""
    assert isinstance(redrive(_one(redrives=3), cap=3), Skipped)


def test_what_was_cut_off_cannot_go_back() -> None:
    """Only a part of its bytes was kept."""
    made = redrive(_one(value_size=9), cap=3)
    assert isinstance(made, Skipped)
    assert "8 of its 9 bytes" in made.why


def test_an_event_without_an_id_keeps_the_one_that_it_had() -> None:
    """At its new offset it would else be another event, and users would be told twice."""
    made = redrive(_one(headers=[]), cap=3)
    assert isinstance(made, Redrive)
    assert dict(made.headers) == {
        "tidings-redrives": b"2",
        "ce_id": b"events.flights:2:40",
        "ce_source": b"kafka:events.flights",
    }


def test_a_record_between_stages_gets_no_identity() -> None:
    """Its identity is in its value."""
    made = redrive(_one(headers=[], topic="drafts"), cap=3)
    assert isinstance(made, Redrive)
    assert dict(made.headers) == {"tidings-redrives": b"2"}


def test_records_go_back_in_the_order_of_their_partition() -> None:
    """Whatever order the letters were written in."""
    letters = [_one(0, offset=9), _one(1, offset=3), _one(2, offset=3, partition=1)]
    assert [o.place for o in in_order(letters)] == [2, 1, 0]


def test_two_letters_of_one_record_are_one() -> None:
    """The later one counts; the other is told."""
    kept, skipped = last_of_each([_one(0), _one(1), _one(2, offset=41)])
    assert [o.place for o in kept] == [1, 2]
    assert skipped == [Skipped(0, "the same record as dead letter 1")]


@pytest.mark.parametrize(
    ("selection", "taken"),
    [
        (Selection(), True),
        (Selection(classes=frozenset({"UndecodableValue"})), True),
        (Selection(classes=frozenset({"InvalidEvent"})), False),
        (Selection(stages=frozenset({"deliver"})), False),
        (Selection(topics=frozenset({"events.flights"}), text=r"\d+ bytes"), True),
        (Selection(places=frozenset({8})), False),
        (Selection(state=REDRIVEN), False),
        (Selection(state=""), True),
    ],
)
def test_a_selection_takes_what_fits_all_of_it(selection: Selection, taken: bool) -> None:
    """Empty parts fit everything; only open ones by default."""
    assert selection.takes(_one(7)) is taken


def test_a_change_goes_through_kafka_unchanged() -> None:
    """Key and value and back."""
    change = Change(12, DISCARDED, T0, "ops", "fixed")
    assert parse_change(change.key(), change.value()) == change


@pytest.mark.parametrize(("key", "value"), [(b"x", b"{}"), (None, None), (b"1", b"junk"), (b"1", b'{"state":1}')])
def test_what_is_no_change_is_left_out(key: bytes | None, value: bytes | None) -> None:
    """A stray record must not end `dlq list`."""
    assert parse_change(key, value) is None


def test_letters_of_one_cause_are_one_group_with_counts_over_time() -> None:
    """Numbers and quoted texts in the error do not count."""
    texts = ["flight 'UA1': 3 bytes left over", "flight 'DL9': 88 bytes left over", "no such field"]
    letters = [_one(n, error_text=t, at=T0 + timedelta(minutes=40 * n)) for n, t in enumerate(texts)]
    first, second = groups([*letters, replace(letters[0], place=9, state=REDRIVEN)], "cause", 3600)
    assert (first.name, first.count, first.open, first.example) == (
        "UndecodableValue: flight …: # bytes left over", 3, 2, 9,
    )  # fmt: skip
    assert first.over_time == {T0: 3}
    assert (second.count, second.over_time) == (1, {T0 + timedelta(hours=1): 1})


def test_letters_of_the_edges_of_time_have_buckets() -> None:
    """The first bucket would begin before the year 1."""
    edges = [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)]
    (group,) = groups([_one(n, at=at) for n, at in enumerate(edges)], "class", 14 * 86_400)
    assert sum(group.over_time.values()) == 2
    assert len(sparkline(group.over_time, min(group.over_time), max(group.over_time), 14 * 86_400)) <= 25


def test_a_sparkline_has_a_bar_for_each_bucket() -> None:
    """Nothing, half, most."""
    hours = {T0 + timedelta(hours=n): count for n, count in ((1, 4), (2, 8))}
    assert sparkline(hours, T0, T0 + timedelta(hours=2), 3600) == " ▄█"
