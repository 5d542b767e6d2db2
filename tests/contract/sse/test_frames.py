"""Frames: a browser's parser reads back what was meant, whatever the text."""

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tidings_gateway import frames

from tests.contract.sse.texts import TEXT
from tests.streaming.whatwg import Dispatched, EventStreamParser

#: TIDINGS_LONG=1 makes it 100,000 in each test.
THOROUGH = settings(max_examples=100_000 if os.environ.get("TIDINGS_LONG") else 200, deadline=None)

ONE_LINE = TEXT.map(lambda text: "".join(c for c in text if c not in "\r\n\0"))


def as_parsed(text: str) -> str:
    """What the format can carry of a text: line ends become LF, lone surrogates U+FFFD."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in plain)


def parse(data: bytes) -> list[Dispatched]:
    return list(EventStreamParser().feed(data))


@THOROUGH
@given(TEXT)
def test_any_data_comes_back(text: str) -> None:
    """No text in `data` ends a frame, begins a field, or is lost."""
    assert parse(frames.encode(text)) == [Dispatched("message", as_parsed(text), "")]


@THOROUGH
@given(ONE_LINE.map(lambda text: text or "x"), ONE_LINE, TEXT)
def test_event_and_id_come_back(event: str, id: str, data: str) -> None:
    """They arrive as they were, with the data."""
    expected = Dispatched(as_parsed(event), as_parsed(data), as_parsed(id))
    assert parse(frames.encode(data, event=event, id=id)) == [expected]


@THOROUGH
@given(TEXT)
def test_what_would_break_an_id_is_refused(text: str) -> None:
    """CR, LF and NUL in an id or an event name are an error, never a frame."""
    if set(text) & set("\r\n\0"):
        with pytest.raises(ValueError, match="must not hold"):
            frames.encode("x", id=text)
        with pytest.raises(ValueError, match="must not hold"):
            frames.encode("x", event=text)
    else:
        assert parse(frames.encode("x", id=text))[0].last_event_id == as_parsed(text)


@THOROUGH
@given(st.lists(TEXT, max_size=5), st.integers(1, 7))
def test_frames_in_pieces_are_the_same_frames(texts: list[str], size: int) -> None:
    """However the network cuts the bytes, the same events come out."""
    stream = b"".join(frames.encode(text) for text in texts)
    parser = EventStreamParser()
    events = [event for at in range(0, len(stream), size) for event in parser.feed(stream[at : at + size])]
    assert [event.data for event in events] == [as_parsed(text) for text in texts]


def test_a_heartbeat_moves_the_cursor_and_dispatches_nothing() -> None:
    """A frame of `id:` alone."""
    parser = EventStreamParser()
    assert list(parser.feed(frames.heartbeat("v1.abc"))) == []
    assert parser.last_event_id == "v1.abc"


def test_a_comment_changes_nothing() -> None:
    """Neither an event nor the cursor."""
    parser = EventStreamParser(last_event_id="before", _id="before")
    assert list(parser.feed(frames.COMMENT)) == []
    assert parser.last_event_id == "before"


def test_retry_alone_sets_the_reconnection_time() -> None:
    """In milliseconds, without an event."""
    parser = EventStreamParser()
    assert list(parser.feed(frames.encode(retry=1500))) == []
    assert parser.retry == 1500


@pytest.mark.parametrize("arguments", [{"retry": -1}, {"event": "", "data": "x"}])
def test_senseless_fields_are_refused(arguments: dict[str, object]) -> None:
    """A negative retry, an empty event name."""
    with pytest.raises(ValueError, match=r"must not|empty"):
        frames.encode(**arguments)  # type: ignore[arg-type]


def test_a_control_frame_carries_all_its_fields() -> None:
    """`bye` has an event, JSON data, a cursor and a reconnection time of its own."""
    parser = EventStreamParser()
    events = list(parser.feed(frames.control("bye", {"reason": "drain"}, "v1.abc", 77)))
    assert (events, parser.retry) == ([Dispatched("bye", '{"reason":"drain"}', "v1.abc")], 77)


@given(st.lists(st.tuples(ONE_LINE.map(lambda text: text or "x"), ONE_LINE.map(lambda text: text or "x")), max_size=5))
def test_our_own_reading_agrees_with_the_standard(messages: list[tuple[str, str]]) -> None:
    """`parse`, which long polls use on our own frames, finds what a browser finds."""
    stream = b"".join(frames.message("notification", as_parsed(i).encode(), as_parsed(d).encode()) for i, d in messages)
    ours = [(event, id, data.decode()) for event, id, data in frames.parse(stream) if event]
    assert ours == [(e.type, e.last_event_id, e.data) for e in parse(stream)]


@given(st.binary(min_size=1, max_size=100_000))
def test_a_chunk_says_its_own_length(data: bytes) -> None:
    """As RFC 9112 has it: size in hex, CRLF, the bytes, CRLF."""
    size, _, rest = frames.chunk(data).partition(b"\r\n")
    assert (int(size, 16), rest) == (len(data), data + b"\r\n")
