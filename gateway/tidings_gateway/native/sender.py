"""`send.c` from Python."""

import ctypes
from array import array
from collections.abc import Sequence
from pathlib import Path

from tidings_schemas.native.build import NotBuilt, built

_SOURCE = Path(__file__).with_name("send.c")
#: Sockets that `send_chunks` takes at a time: what is made for them and sent stays in the processor's caches.
MOST = 64
_Pointers = ctypes.c_char_p * MOST
_ALL = 2**32 - 1  # as send.c says it


class Sender:
    """Calls the compiled loop; other threads of Python run meanwhile.

    Raises:
        NotBuilt: there is no machine code for it here.
    """

    def __init__(self) -> None:
        try:
            library = ctypes.CDLL(str(built(_SOURCE)))
            self._send, self._send_chunks = library.tidings_send, library.tidings_send_chunks
        except (OSError, AttributeError) as error:
            raise NotBuilt(f"the compiled library cannot be loaded: {error}") from error
        self._send.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_void_p]
        self._send.restype = ctypes.c_int
        self._send_chunks.argtypes = [ctypes.c_void_p, ctypes.c_int, _Pointers, ctypes.c_void_p, ctypes.c_void_p]
        self._send_chunks.restype = ctypes.c_int

    def send(self, sockets: "array[int]", data: bytes) -> list[tuple[int, int]]:
        """Sends `data` to each socket without waiting. Returns (index, bytes taken) of those that did not take all."""
        count = len(sockets)
        sent = array("I", bytes(4 * count))
        if not self._send(sockets.buffer_info()[0], count, data, len(data), sent.buffer_info()[0]):
            return []
        size = len(data)
        return [(at, taken) for at, taken in enumerate(sent) if taken != size]

    def send_chunks(self, sockets: Sequence[int], data: Sequence[bytes]) -> list[tuple[int, int]]:
        """Sends to each socket its own, as a chunk of HTTP (`frames.chunk`) that is made on the way; at most `MOST`.

        Returns (index, bytes of the chunk taken) of those that did not take all.
        """
        count = len(sockets)
        descriptors, sizes, sent = array("i", sockets), array("I", map(len, data)), array("I", bytes(4 * count))
        addresses = (descriptors.buffer_info()[0], count, _Pointers(*data), sizes.buffer_info()[0])
        if not self._send_chunks(*addresses, sent.buffer_info()[0]):
            return []
        return [(at, taken) for at, taken in enumerate(sent) if taken != _ALL]
