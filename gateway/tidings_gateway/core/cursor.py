"""Where a client stands in the log: the topic's own id, a partition and the next offset to read.

An offset means nothing once the topic was recreated, so the epoch goes with it (as in centrifuge's
`StreamPosition`). Opaque to clients; layout in docs/wire.md.
"""

import re
import struct
from base64 import urlsafe_b64decode
from binascii import b2a_base64
from dataclasses import dataclass

EPOCH_SIZE = 6
_OFFSET_SIZE = 8
MAX_OFFSET = 2**63 - 1  # Kafka's offsets are signed
_LAYOUT = struct.Struct(f">{EPOCH_SIZE}sHQ")
_SIZE = 22  # characters of base64 without padding for 16 bytes
_TEXT = re.compile(rf"v1\.([A-Za-z0-9_-]{{{_SIZE}}})")
_URL_SAFE = bytes.maketrans(b"+/", b"-_")


@dataclass(frozen=True, slots=True)
class Cursor:
    """A position: every record of `partition` before `offset` is behind it.

    Attributes:
        epoch: the first 6 bytes of the topic's id.
        partition: 0 ≤ partition < 65,536.
        offset: the next offset to read, 0 ≤ offset < 2**63.
    """

    epoch: bytes
    partition: int
    offset: int

    def __str__(self) -> str:
        return text(self.epoch, self.partition, self.offset).decode()


def position(epoch: bytes, partition: int) -> bytes:
    """What every cursor of the partition begins with."""
    return _LAYOUT.pack(epoch, partition, 0)[:-_OFFSET_SIZE]


def text(epoch: bytes, partition: int, offset: int) -> bytes:
    """`str(Cursor(…))`, as bytes; every frame has one."""
    packed = _LAYOUT.pack(epoch, partition, offset)
    return b"v1." + b2a_base64(packed, newline=False)[:_SIZE].translate(_URL_SAFE)


@dataclass(frozen=True, slots=True)
class Malformed:
    """A text that is no cursor. `size`: its length; the text itself is the client's and not kept."""

    size: int


def parse(text: str) -> Cursor | Malformed:
    """`str(cursor)` undone. Anything that no `str(cursor)` could have made is `Malformed`."""
    found = _TEXT.fullmatch(text)
    if found is None:
        return Malformed(len(text))
    cursor = Cursor(*_LAYOUT.unpack(urlsafe_b64decode(found[1] + "==")))
    if cursor.offset > MAX_OFFSET or str(cursor) != text:  # the last character has four bits to spare
        return Malformed(len(text))
    return cursor
