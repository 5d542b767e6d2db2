"""Server-Sent Events, encoded: the WHATWG HTML standard, section 9.2 (server-sent events), from the writing side.

What the format cannot carry is refused, not repaired: an id with NUL makes browsers ignore the id, and resume
would break; CR or LF in an id or an event name would begin a new field.
"""

import re
from collections.abc import Iterator, Mapping

import orjson

_NEWLINE = re.compile(r"\r\n|\r|\n")
_FORBIDDEN = re.compile("[\r\n\0]")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")

#: Nothing but a comment: says to proxies that the stream lives, moves no cursor.
COMMENT = b":\n\n"


def encode(
    data: str | None = None, *, event: str | None = None, id: str | None = None, retry: int | None = None
) -> bytes:
    """One frame. `retry` in milliseconds. A parser gets `data` back with every line end as LF.

    Lone surrogates, which UTF-8 does not know, become U+FFFD.

    Raises:
        ValueError: `id` or `event` holds CR, LF or NUL, `event` is empty, or `retry` is negative.
    """
    lines = []
    if retry is not None:
        if retry < 0:
            raise ValueError("retry must not be negative")
        lines.append(f"retry: {retry}")
    if id is not None:
        lines.append(f"id: {_one_line('id', id)}")
    if event is not None:
        if not event:
            raise ValueError("an empty event name means the default one; leave it out")
        lines.append(f"event: {_one_line('event', event)}")
    if data is not None:
        lines.extend(f"data: {line}" for line in _NEWLINE.split(data))
    return _LONE_SURROGATE.sub("\ufffd", "\n".join(lines) + "\n\n").encode() if lines else b""


def message(event: str, cursor: bytes, data: bytes) -> bytes:
    """The frame of a decoded record: the hot path, so nothing is checked.

    `event` is ours, `cursor` is `core.cursor.text`, `data` is JSON as orjson writes it: without a line end.
    """
    return b"id: %b\nevent: %b\ndata: %b\n\n" % (cursor, event.encode(), data)


def control(event: str, data: Mapping[str, object], cursor: str | None = None, retry: int | None = None) -> bytes:
    """The frame of `ready`, `reset`, `summary` or `bye`."""
    return encode(orjson.dumps(data).decode(), event=event, id=cursor, retry=retry)


def heartbeat(cursor: str) -> bytes:
    """`id:` alone: dispatches nothing and moves the cursor of a quiet stream on."""
    return encode(id=cursor)


def chunk(frames: bytes) -> bytes:
    """As one chunk of HTTP/1.1's chunked transfer coding (RFC 9112, section 7.1). `frames` is not empty."""
    return b"%x\r\n%b\r\n" % (len(frames), frames)


#: The last chunk: the response is over, in good order.
LAST_CHUNK = b"0\r\n\r\n"


def _one_line(name: str, value: str) -> str:
    if _FORBIDDEN.search(value):
        raise ValueError(f"{name} must not hold CR, LF or NUL: {value!r}")
    return value


def parse(frames: bytes) -> Iterator[tuple[str, str, bytes]]:
    """(event, id, data) of each frame that this module wrote; empty where a frame has none."""
    for block in frames.split(b"\n\n"):
        fields = dict(line.split(b": ", 1) for line in block.split(b"\n") if b": " in line)
        yield fields.get(b"event", b"").decode(), fields.get(b"id", b"").decode(), fields.get(b"data", b"")
