"""Segments → one table; several partitions → one order."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st
from tidings_replay.core.envelope import SCHEMA, envelope
from tidings_replay.core.merge import Merger
from tidings_replay.core.process import Process
from tidings_replay.core.table import Columns
from tidings_replay.core.where import Filter
from tidings_schemas.cloudevents import subject_of

from tests.unit.replay.builders import T0, cancelled, decoder, message, run


def _table(*values: bytes | None) -> pa.Table:
    table, _ = Process(decoder(), Filter(), None).run(run(list(values)))
    assert table is not None
    return table


def test_types_share_one_table_in_the_order_of_offsets() -> None:
    """What a type lacks is null."""
    table = _table(message(0), cancelled(1), None, message(3))
    assert table.column("_offset").to_pylist() == [0, 1, 2, 3]
    assert table.column("sequence").to_pylist() == [0, None, None, 3]
    assert table.column("flight").to_pylist() == [None, "UA1", None, None]
    assert table.column("_type").to_pylist()[2] == "tombstone"


def test_a_name_with_two_meanings_is_kept_apart() -> None:
    """A number here, a text there."""
    columns = Columns()
    columns.learn("test.A", pa.schema([("x", pa.int32())]))
    columns.learn("test.B", pa.schema([("x", pa.string())]))
    assert columns.schema.names[len(SCHEMA) :] == ["x", "B.x"]


def test_a_field_that_is_called_like_the_envelope_does_not_hide_it() -> None:
    """`_offset` in an event becomes `_offset_`."""
    columns = Columns()
    columns.learn("test.A", pa.schema([("_offset", pa.string())]))
    assert columns.schema.names[len(SCHEMA) :] == ["_offset_"]


def test_what_headers_do_not_say_comes_from_where_the_record_lies() -> None:
    """The same rules as for every other reader of the topic."""
    (row,) = envelope(run([message(1)], first=7)).to_pylist()
    assert (row["_id"], row["_source"], row["_subject"]) == ("events.demo:0:7", "kafka:events.demo", "k0")
    assert row["_time"] == T0
    assert row["_type"] is None


KEYS = [b"k0", b"\x00\x00\x06\x09", b"\xff", "x".encode("utf-16"), b"x" * 513, b"", None]


def test_a_subject_is_the_one_that_the_stages_see() -> None:
    """Of one function, so that what an analyst finds is what a rule met; where there is none, null."""
    keyed = run([message(1)] * len(KEYS))
    keyed.keys = list(KEYS)
    rows = envelope(keyed).to_pylist()
    assert [row["_subject"] for row in rows] == [subject_of(key) or None for key in KEYS]
    assert [row["_subject"] for row in rows] == ["k0", *[None] * 6]
    assert rows[2]["_key"] == "base64:/w=="


HEADERS = [
    [
        ("ce_id", b"a"),
        ("ce_source", b"/s"),
        ("ce_type", b"t"),
        ("ce_subject", b"x"),
        ("ce_time", b"2013-01-01T00:00:00Z"),
    ],
    [("ce_time", b"yesterday"), ("traceparent", b"00-1"), ("bin", b"\xff")],
    None,
    [("ce_id", None), ("ce_time", b"2013-01-01T00:00:00")],
    [("ce_time", b"0000-01-01T00:00:00Z")],
    [("ce_time", b"9999-12-31T23:59:59-05:00")],
    [("ce_time", b"0001-01-01T00:00:00+05:00")],
]


@given(st.permutations(HEADERS), st.integers(0, 3))
def test_headers_mean_the_same_whatever_their_neighbours_have(order: list[Any], repeat: int) -> None:
    """Uniform runs take a shorter way; it must give the same rows."""
    together = run([message(0)] * len(order), headers=order)
    rows = envelope(together).to_pylist()
    for place in range(len(order)):
        assert envelope(together.take([place] * (repeat + 1))).to_pylist()[0] == rows[place]


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EDGES = [-1, 0, -62_135_596_800_000, -62_135_596_800_001, 253_402_300_799_999, 253_402_300_800_000, 2**63 - 1, -(2**63)]
STAMPS = st.sampled_from(EDGES) | st.integers(-(2**63), 2**63 - 1) | st.integers(0, 2**42)
ZONES = st.timedeltas(timedelta(hours=-23), timedelta(hours=23)).map(
    lambda d: timedelta(minutes=d // timedelta(minutes=1))
)
TIME_TEXTS = st.one_of(
    st.none(),
    st.text(max_size=30),
    st.builds(lambda t, zone: f"{t.isoformat()}{_offset(zone)}", st.datetimes(), ZONES),
    st.builds("{:04d}-{:02d}-{:02d}T{:02d}:00:00Z".format, *map(st.integers, (0, 0, 0, 0), (10_000, 13, 32, 25))),
)


def _offset(zone: timedelta) -> str:
    minutes = abs(zone) // timedelta(minutes=1)
    return f"{'-' if zone < timedelta(0) else '+'}{minutes // 60:02d}:{minutes % 60:02d}"


def _time_of(text: str | None) -> datetime | None:
    """As Python has it."""
    try:
        time = datetime.fromisoformat(text or "")
        return time.astimezone(UTC) if time.tzinfo else None
    except (ValueError, OverflowError):
        return None


@given(st.lists(st.tuples(STAMPS, TIME_TEXTS), min_size=1, max_size=20), st.booleans())
def test_a_time_that_is_none_leaves_its_cell_empty(some: list[tuple[int, str | None]], uniform: bool) -> None:
    """Whatever Kafka's timestamp and `ce_time` hold: the row is there, with the times that there are; `_time` is the
    record's own where `ce_time` is none."""
    whole = run(
        [message(0)] * len(some),
        headers=[[("ce_time", text and text.encode())] if uniform or text else None for _, text in some],
    )
    whole.timestamps = [stamp for stamp, _ in some]
    for row, (stamp, text) in zip(envelope(whole).to_pylist(), some, strict=True):
        own = EPOCH + timedelta(milliseconds=stamp) if stamp != -1 and EDGES[2] <= stamp <= EDGES[4] else None
        assert row["_timestamp"] == own
        assert row["_time"] == (_time_of(text) or own)


def test_a_key_that_is_no_text_is_kept_as_base64() -> None:
    """Nothing is lost."""
    whole = run([message(0), message(1)])
    whole.keys = [b"\xff\x00", b"plain"]
    assert envelope(whole).column("_key").to_pylist() == ["base64:/wA=", "plain"]


def _stamped(*stamps: int) -> pa.Table:
    return pa.table({"_timestamp": pa.array(stamps, pa.timestamp("ms", "UTC")), "n": list(stamps)})


def _stamps(table: pa.Table | None) -> list[int]:
    return table.column("n").to_pylist() if table is not None else []  # type: ignore[no-any-return]


A, B = ("t", 0), ("t", 1)


def test_rows_without_a_time_keep_their_place_and_hold_nobody_up() -> None:
    """They follow the row before them."""
    merger = Merger([A, B])
    merger.push(A, pa.table({"_timestamp": pa.array([5, None, 7], pa.timestamp("ms", "UTC")), "n": [5, 6, 7]}), 7)
    merger.push(B, _stamped(1, 9), 9)
    assert _stamps(merger.ready()) == [1, 5, 6, 7]
    merger.close(A)
    assert _stamps(merger.ready()) == [9]


def test_nothing_goes_out_before_every_partition_has_shown_something() -> None:
    """The silent one may have the earliest."""
    merger = Merger([A, B])
    merger.push(A, _stamped(1, 2, 3), 3)
    assert merger.ready() is None
    merger.push(B, _stamped(2), 2)
    assert _stamps(merger.ready()) == [1, 2, 2]
    merger.close(B)
    assert _stamps(merger.ready()) == [3]


def test_rows_that_were_filtered_out_move_time_on_too() -> None:
    """A partition of which nothing is kept must not hold the others up."""
    merger = Merger([A, B])
    merger.push(B, None, 100)
    merger.push(A, _stamped(1, 2), 2)
    assert _stamps(merger.ready()) == [1, 2]


@given(st.lists(st.lists(st.integers(0, 50), max_size=12), min_size=1, max_size=4), st.randoms())
def test_every_row_goes_out_once_and_partitions_keep_their_order(streams: list[list[int]], random: Any) -> None:
    """Pushed in any interleaving and pieces; sorted streams come out sorted as a whole."""
    places = [("t", n) for n in range(len(streams))]
    merger, out, left = Merger(places), [], {p: list(s) for p, s in zip(places, streams, strict=True)}
    while left:
        place = random.choice(list(left))
        piece, left[place] = left[place][:3], left[place][3:]
        if piece:
            merger.push(place, _stamped(*piece), max(piece))
        else:
            merger.close(place)
            del left[place]
        out += _stamps(merger.ready())
    assert sorted(out) == sorted(n for s in streams for n in s)
    if all(s == sorted(s) for s in streams):
        assert out == sorted(out)
