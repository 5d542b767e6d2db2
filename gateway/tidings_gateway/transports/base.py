"""What the dispatcher wants of a way to a client."""

from typing import NamedTuple, Protocol

from tidings_gateway.frames import chunk


class Payload(NamedTuple):
    """Frames, encoded once and shared by every stream that gets them; `chunked` for one that frames HTTP itself."""

    frames: bytes
    chunked: bytes


def payload(frames: bytes) -> Payload:
    """`frames` is not empty: an empty chunk would end the response."""
    return Payload(frames, chunk(frames))


class Sink(Protocol):
    """One client. Calls never block and never raise, also after the client has gone."""

    def write(self, payload: Payload) -> bool:
        """Takes the frames in any case. False: full; `Dispatcher.drained` is called once there is room."""

    def close(self) -> None:
        """Ends the stream in good order once all that was written has gone out."""

    def abort(self) -> None:
        """Ends it now, whatever is still waiting."""
