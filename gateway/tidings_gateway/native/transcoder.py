"""`frames.c` from Python."""

import ctypes
from array import array
from collections.abc import Sequence
from pathlib import Path

from tidings_schemas.native.build import NotBuilt, built

_SOURCE = Path(__file__).with_name("frames.c")
#: Values that are taken at a time: what is made of them stays in the processor's caches.
MOST = 64
_ROOM = 256 * 1024  # bytes for the frames of so many; a value that finds none is refused
_Pointers = ctypes.c_char_p * MOST


class Transcoder:
    """Calls the compiled code; other threads of Python run meanwhile. Not for several threads at once.

    Raises:
        NotBuilt: there is no machine code for it here.
    """

    def __init__(self) -> None:
        try:
            self._frames = ctypes.CDLL(str(built(_SOURCE))).tidings_frames
        except (OSError, AttributeError) as error:
            raise NotBuilt(f"the compiled library cannot be loaded: {error}") from error
        text, size, place = ctypes.c_char_p, ctypes.c_size_t, ctypes.c_void_p
        self._frames.argtypes = [
            *(text, size, text, text),  # program, framing, position
            *(ctypes.c_int, _Pointers, place, _Pointers, place, place),  # values, owners, offsets
            *(place, size, place, place),  # out, ends, expires
        ]
        self._frames.restype = None
        self._out = bytearray(_ROOM)
        self._address = ctypes.addressof((ctypes.c_char * _ROOM).from_buffer(self._out))
        self._ends, self._expires = array("I", bytes(4 * MOST)), array("q", bytes(8 * MOST))

    def frames(
        self,
        program: bytes,
        framing: bytes,
        position: bytes,
        values: Sequence[bytes],
        owners: Sequence[bytes],
        offsets: Sequence[int],
    ) -> list[tuple[bytes, int]]:
        """(frame, when it expires in µs of unix time or -1) of each value; an empty frame: it is left to Python.

        Args:
            program: of the schema (program.py).
            framing: the five bytes that values of this schema begin with.
            position: epoch and partition, as a cursor begins.
            values: at most `MOST`.
            owners: `record_id` of each: a value that says otherwise is refused.
            offsets: of each.
        """
        sizes, owner_sizes, where = array("I", map(len, values)), array("I", map(len, owners)), array("q", offsets)
        ends, expires = self._ends, self._expires
        self._frames(
            *(program, len(program), framing, position),
            *(len(values), _Pointers(*values), sizes.buffer_info()[0]),
            *(_Pointers(*owners), owner_sizes.buffer_info()[0], where.buffer_info()[0]),
            *(self._address, _ROOM, ends.buffer_info()[0], expires.buffer_info()[0]),
        )
        whole, begin, found = bytes(memoryview(self._out)[: ends[len(values) - 1]]), 0, []
        for end, expiry in zip(ends[: len(values)], expires, strict=False):
            found.append((whole[begin:end], expiry))
            begin = end
        return found
