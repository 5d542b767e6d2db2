"""A stream compressed for its client alone: frames shrink to a sixth, but can no longer be shared (ADR 112)."""

import zlib
from typing import Any

from starlette.types import Scope

from .base import Payload, payload

_LEVEL = 6
_WINDOW = 11  # log2 of bytes: the last frames are enough to know the names of all fields
_MEMORY = 2  # as little as serves frames of some hundred bytes; zlib's defaults take eight times as much a stream
_GZIP = 16  # zlib's way to say so


class GzipSink:
    """Any sink, with gzip before it. Each write is flushed, so that nothing waits for the next.

    Args:
        sink: takes the compressed bytes; what it counts as waiting is what the network has to carry.
    """

    __slots__ = ("_compress", "_deflate", "_sink")

    def __init__(self, sink: Any) -> None:
        self._sink = sink
        self._deflate = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP + _WINDOW, _MEMORY)
        self._compress = self._deflate.compress

    def bind(self, session: Any, listener: Any) -> None:
        """As `BoundSink.bind`."""
        self._sink.bind(session, listener)

    def write(self, frames: Payload) -> bool:
        """As `Sink.write`."""
        packed = self._compress(frames.frames) + self._deflate.flush(zlib.Z_SYNC_FLUSH)
        return bool(self._sink.write(payload(packed)))

    def close(self) -> None:
        """As `Sink.close`: with gzip's own end, or the client would miss it."""
        self._sink.write(payload(self._deflate.flush(zlib.Z_FINISH)))
        self._sink.close()

    def abort(self) -> None:
        """As `Sink.abort`."""
        self._sink.abort()


def accepted(scope: Scope) -> bool:
    """Whether the client takes gzip (RFC 9110, section 12.5.3)."""
    for name, value in scope["headers"]:
        if name == b"accept-encoding":
            for part in value.decode("latin-1").lower().split(","):
                coding, _, weight = part.partition(";")
                if coding.strip() in ("gzip", "x-gzip"):
                    return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False
