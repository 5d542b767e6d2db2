"""A cursor's text → where it points, as docs/wire.md lays it out: read here anew, so that the gateway's own reading
of cursors is among what is checked."""

import struct
from base64 import urlsafe_b64decode
from binascii import Error
from typing import NamedTuple

_LAYOUT = struct.Struct(">6sHQ")


class Position(NamedTuple):
    """Every record of `partition` before `offset` is behind it. `epoch`: hexadecimal."""

    epoch: str
    partition: int
    offset: int


def position_of(cursor: str) -> Position | None:
    """Where a cursor points; None when it is none."""
    try:
        epoch, partition, offset = _LAYOUT.unpack(urlsafe_b64decode(cursor.removeprefix("v1.") + "=="))
    except (struct.error, Error, ValueError):
        return None
    return Position(epoch.hex(), partition, offset) if cursor.startswith("v1.") else None
