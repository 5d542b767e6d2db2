"""Avro's binary encoding of the few types that the stages write, for records that are put together from pieces.

Why: a stage writes thousands of records a second that differ in a few fields; encoding each as a whole by the codec,
which also checks every field, takes 7–13 µs. Whoever builds on this proves itself against the codec when it is made.
Source: Avro specification, "Binary Encoding".
"""

from collections.abc import Callable
from datetime import UTC, datetime

#: Values, of the kinds that it was made for → their bytes, one behind the other.
Join = Callable[..., bytes]
#: `join_of`, or what does the same.
Joins = Callable[[str], Join]

NULL, PRESENT = b"\x00", b"\x02"  # branches of ["null", …]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY_MS = 86_400_000


def milliseconds(time: datetime) -> int:
    """A time in ms since 1970, without the rounding of floats."""
    since = time - _EPOCH
    return since.days * _DAY_MS + since.seconds * 1000 + since.microseconds // 1000


def long(value: int) -> bytes:
    """Avro's int and long: zigzag, then 7 bits a byte, least first."""
    rest = (value << 1) ^ (value >> 63)
    out = bytearray()
    while rest > 0x7F:
        out.append(rest & 0x7F | 0x80)
        rest >>= 7
    out.append(rest)
    return bytes(out)


_LENGTHS = [long(length) for length in range(4096)]


def text(value: str) -> bytes:
    """Avro's string."""
    raw = value.encode()
    length = len(raw)
    return (_LENGTHS[length] if length < 4096 else long(length)) + raw


def optional_text(value: str | None) -> bytes:
    """Avro's ["null", "string"]."""
    return NULL if value is None else PRESENT + binary(value.encode())


def binary(raw: bytes) -> bytes:
    """Avro's bytes."""
    length = len(raw)
    return (_LENGTHS[length] if length < 4096 else long(length)) + raw


def time(milliseconds: int) -> bytes:
    """`long` for a time, in one go when it lies between 1970-07 and 2039."""
    z = milliseconds << 1
    if not 1 << 35 <= z < 1 << 42:
        return long(milliseconds)
    return bytes(
        (z & 127 | 128, z >> 7 & 127 | 128, z >> 14 & 127 | 128, z >> 21 & 127 | 128, z >> 28 & 127 | 128, z >> 35)
    )


def optional_time(milliseconds: int | None) -> bytes:
    """Avro's ["null", "long"] for a time."""
    return NULL if milliseconds is None else PRESENT + time(milliseconds)


_PIECES = {
    "s": "text({})",
    "S": "optional_text({})",
    "y": "binary({})",
    "t": "time({})",
    "T": "optional_time({})",
    ".": "{}",
}


def join_of(kinds: str) -> Join:
    """A function that puts values together as a record's bytes.

    Args:
        kinds: a letter for each value: `s` text, `S` optional text, `y` binary, `t` time and `T` optional time, both in
            ms, `.` bytes that are encoded already.
    """
    names = [f"v{index}" for index in range(len(kinds))]
    pieces = "".join(_PIECES[kind].format(name) + ", " for kind, name in zip(kinds, names, strict=True))
    made: Join = eval(f"lambda {', '.join(names)}: b''.join(({pieces}))", globals())
    return made
