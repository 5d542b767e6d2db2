"""Frames made by C are those that Python makes, and C takes nothing that Python would not."""

import shutil
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tidings_gateway import frames
from tidings_gateway.core.cursor import Cursor
from tidings_gateway.core.cursor import position as cursor_position
from tidings_gateway.core.record import Record, record_id
from tidings_gateway.decoder import Decoder
from tidings_gateway.native.program import Unsupported, program
from tidings_gateway.native.transcoder import MOST, Transcoder
from tidings_gateway.transports.native_fanout import transcoder
from tidings_schemas import Notification, ReadState, catalogue
from tidings_schemas.catalogue import Catalogue, schema_from_json
from tidings_schemas.codec import Codec, FixedSchemas

pytestmark = pytest.mark.skipif(not shutil.which("cc"), reason="there is no C compiler")

EPOCH, PARTITION = b"\x00\xff~\x80ab", 513
POSITION = cursor_position(EPOCH, PARTITION)
CATALOGUE = catalogue.load()
CODEC = Codec(CATALOGUE, FixedSchemas(CATALOGUE))
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
BEGIN = datetime(1970, 1, 1, tzinfo=UTC)
PLAIN: dict[str, Any] = {
    "id": "an-id",
    "user": "ann",
    "rule": "rule",
    "kind": "kind",
    "topic": None,
    "title": "title",
    "body": "",
    "url": None,
    "priority": "normal",
    "collapse_key": None,
    "locale": "en",
    "event_id": "event",
    "event_type": "type",
    "event_time": NOON,
    "created_at": NOON,
    "expires_at": None,
    "count": 1,
    "items": [],
}

texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=40)
times = st.integers(-(10**13), 2 * 10**14).map(lambda ms: BEGIN + timedelta(milliseconds=ms))
maybe = st.none() | texts
notifications = st.fixed_dictionaries(
    {name: texts for name, value in PLAIN.items() if isinstance(value, str)}
    | dict.fromkeys(("topic", "url", "collapse_key"), maybe)
    | {
        "id": st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=40),
        "priority": st.sampled_from(["low", "normal", "high", "critical"]),
        "event_time": times,
        "created_at": times,
        "expires_at": st.none() | times,
        "count": st.integers(-(2**31), 2**31 - 1),
        "items": st.lists(texts, max_size=4),
    }
)


@pytest.fixture(scope="module")
def compiled() -> Transcoder:
    """Built once."""
    return Transcoder()


def decoder(transcoder: Transcoder | None, codec: Codec = CODEC, seen: Sequence[bytes] = ()) -> Decoder:
    """One that knows the schemas of `seen`."""
    made = Decoder(codec, lambda: None, transcoder)
    for value in seen:
        made.prepare(value)
    return made


def record(decoder: Decoder, value: bytes, key: str, offset: int = 7) -> Record:
    """As the intake makes it."""
    id = decoder.identify(value)
    return Record(offset, key, "", id and record_id(key.encode(), id), value, decoder.open)


def by_python(value: bytes, key: str, offset: int = 7) -> tuple[bytes, Record] | None:
    """The frame, without C; None if the value cannot be read."""
    made = record(decoder(None, seen=[value]), value, key, offset)
    if made.message is None:
        return None
    cursor = str(Cursor(EPOCH, PARTITION, offset + 1)).encode()
    return frames.message(made.message.event, cursor, made.message.data), made


def by_c(compiled: Transcoder, value: bytes, key: str, offset: int = 7) -> Record:
    """The record, framed if C takes it."""
    made = decoder(compiled, seen=[value])
    found = record(made, value, key, offset)
    made.frame(POSITION, [found])
    return found


def encoded(**changes: Any) -> bytes:
    """A notification's bytes."""
    return CODEC.encode(Notification.avro_name, PLAIN | changes)


@given(notifications, st.integers(0, 2**63 - 2))
@example(PLAIN | {"title": '"\\\0\x07\b\t\n\x0b\f\r\x1f\x7f\x80é\u2028\uffff\U0010ffff'}, 0)
@example(PLAIN | {"expires_at": NOON + timedelta(milliseconds=1)}, 0)
@example(PLAIN | {"created_at": datetime(9999, 12, 31, 23, 59, 59, 999000, tzinfo=UTC)}, 2**63 - 2)
@example(PLAIN | {"created_at": datetime(2024, 2, 29, tzinfo=UTC), "expires_at": BEGIN}, 1)
def test_the_frame_is_the_same_byte_for_byte(compiled: Transcoder, notification: dict[str, Any], offset: int) -> None:
    """And so is all that the record says of itself; only times before 1970 are left to Python."""
    value, user = encoded(**notification), notification["user"]
    expected, found = by_python(value, user, offset), by_c(compiled, value, user, offset)
    assert expected is not None
    moments = [notification[name] for name in ("event_time", "created_at", "expires_at")]
    old = any(moment is not None and moment < BEGIN for moment in moments)
    assert (found.frame is None) == old
    assert found.frame in (None, expected[0])
    assert found.live(0.0) == expected[1].live(0.0)
    assert found.message == expected[1].message


@given(st.data())
def test_what_c_takes_python_would_have_made_alike(compiled: Transcoder, data: st.DataObject) -> None:
    """Whatever the bytes: cut short, lengthened, or with some of them changed."""
    value = bytearray(encoded(**data.draw(notifications) | {"user": "ann"}))
    for at in data.draw(st.lists(st.integers(5, len(value) - 1), max_size=4)):
        value[at] = data.draw(st.integers(0, 255))
    whole = bytes(value[: data.draw(st.integers(5, len(value)))]) + data.draw(st.sampled_from([b"", b"\0", b"ab"]))
    found = by_c(compiled, whole, "ann").frame
    if found is not None:
        expected = by_python(whole, "ann")
        assert expected is not None
        assert found == expected[0]


@pytest.mark.parametrize("key", ["bob", "an", "anna", "", "ann\0an-id"])
def test_what_another_user_owns_is_refused(compiled: Transcoder, key: str) -> None:
    """The key says to whom a record is; one whose value says otherwise gives no frame."""
    assert by_c(compiled, encoded(), "ann").frame is not None
    found = by_c(compiled, encoded(), key)
    assert (found.frame, found.message) == (None, None)


def test_a_user_with_a_zero_byte_is_told_from_another(compiled: Transcoder) -> None:
    """Key and id stand side by side with a zero between them; neither can pass for a part of the other."""
    value = encoded(user="ann", id="x\0an-id")
    assert by_c(compiled, value, "ann").frame is not None
    assert by_c(compiled, value, "ann\0x").frame is None


def test_many_keep_their_order_and_their_own(compiled: Transcoder) -> None:
    """More than one call takes, with some between them that only Python reads."""
    state = CODEC.encode(
        ReadState.avro_name,
        {"id": "r", "user": "ann", "notifications": [], "state": "read", "at": NOON, "device": None},
    )
    values = [state if at % 7 == 3 else encoded(title=f"title {at}") for at in range(2 * MOST + 5)]
    made = decoder(compiled, seen=values[:4])
    records = [record(made, value, "ann", at) for at, value in enumerate(values)]
    made.frame(POSITION, records)
    for at, found in enumerate(records):
        expected = by_python(values[at], "ann", at)
        assert expected is not None
        assert found.frame == (None if at % 7 == 3 else expected[0])
        assert found.message == expected[1].message


def test_what_finds_no_room_is_left_to_python(compiled: Transcoder) -> None:
    """However large a notification is, its neighbours are taken all the same."""
    made = decoder(compiled, seen=[encoded()])
    records = [record(made, encoded(body=text), "ann") for text in ("before", "\0" * 100_000, "after")]
    made.frame(POSITION, records)
    assert [found.frame is not None for found in records] == [True, False, True]


def test_what_must_be_resolved_is_left_to_python(compiled: Transcoder) -> None:
    """Bytes of an older schema come out in today's shape, which C does not know how to do."""
    older = dict(CATALOGUE[Notification.avro_name].json)
    older["fields"] = [field for field in older["fields"] if field["name"] != "items"]
    old = Catalogue([schema_from_json(older)])
    record_of_old = {name: value for name, value in PLAIN.items() if name != "items"}
    value = Codec(old, FixedSchemas(old)).encode(Notification.avro_name, record_of_old)
    made = decoder(compiled, Codec(CATALOGUE, FixedSchemas(old)), [value])
    found = record(made, value, "ann")
    made.frame(POSITION, [found])
    assert found.frame is None
    assert found.message is not None
    assert found.message.data.endswith(b'"items":[]}')


@pytest.mark.parametrize(
    "kind", ["double", "bytes", {"type": "map", "values": "string"}, {"type": "long", "logicalType": "time-micros"}]
)
def test_a_schema_that_c_does_not_know_is_said_to_be_so(kind: Any) -> None:
    """So that Python reads all of its values."""
    fields = [
        {"name": "id", "type": "string"},
        {"name": "user", "type": "string"},
        {"name": "x", "type": ["null", kind]},
    ]
    with pytest.raises(Unsupported):
        program({"type": "record", "name": "n", "fields": fields})


def test_a_schema_without_a_user_is_not_taken() -> None:
    """Whose a record is could not be checked."""
    with pytest.raises(Unsupported, match="user"):
        program({"type": "record", "name": "n", "fields": [{"name": "id", "type": "string"}]})


def test_the_settings_choose() -> None:
    """Off is off even where C could be had."""
    assert transcoder("off") is None
    assert isinstance(transcoder("auto"), Transcoder)
