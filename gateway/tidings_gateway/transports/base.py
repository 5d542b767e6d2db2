"""What the dispatcher wants of a way to a client."""

from typing import Protocol

from tidings_gateway.frames import chunk


class Payload:
    """Frames, encoded once and shared by every stream that gets them.

    Args:
        frames: not empty: an empty chunk would end the response.
    """

    __slots__ = ("_chunked", "frames")

    def __init__(self, frames: bytes) -> None:
        self.frames = frames
        self._chunked = b""

    @property
    def chunked(self) -> bytes:
        """For a sink that frames HTTP itself; made when it is first asked for."""
        if not self._chunked:
            self._chunked = chunk(self.frames)
        return self._chunked


def payload(frames: bytes) -> Payload:
    """A `Payload` of these frames."""
    return Payload(frames)


class Sink(Protocol):
    """One client. Calls never block and never raise, also after the client has gone."""

    def write(self, payload: Payload) -> bool:
        """Takes the frames in any case. False: full; `Dispatcher.drained` is called once there is room."""

    def close(self) -> None:
        """Ends the stream in good order once all that was written has gone out."""

    def abort(self) -> None:
        """Ends it now, whatever is still waiting."""
