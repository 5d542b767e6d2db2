"""One subscribed client over a bare socket: cheap enough for thousands in a process."""

import asyncio
from collections.abc import Callable

from .sse import Frame, Parser

OnFrame = Callable[[Frame], None]


class Stream(asyncio.Protocol):
    """Opens `path` and hands each frame to `on_frame`; chunked transfer coding is undone on the way.

    Attributes:
        parser: holds `last_id`, from which to resume.
        status: HTTP status, 0 until the head is there; any but 200 closes the connection.
        location: where a redirect points, as it was sent.
        closed: done when the connection is gone.
    """

    def __init__(self, request: bytes, on_frame: OnFrame) -> None:
        self._request = request
        self._on_frame = on_frame
        self._buffer = b""
        self.parser = Parser()
        self.status = 0
        self.location = ""
        self.transport: asyncio.Transport | None = None
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Sends the request."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(self._request)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tells whoever waits for `closed`."""
        if not self.closed.done():
            self.closed.set_result(None)

    def data_received(self, data: bytes) -> None:
        """Takes the head off, then the chunks apart."""
        self._buffer += data
        if not self.status and not self._head():
            return
        if self.status != 200:
            self.close()
            return
        for frame in self.parser.feed(self._body()):
            self._on_frame(frame)

    def close(self) -> None:
        """Hangs up without a word, as a browser does."""
        if self.transport is not None:
            self.transport.abort()

    def _head(self) -> bool:
        head, separator, rest = self._buffer.partition(b"\r\n\r\n")
        if not separator:
            return False
        self.status = int(head.split(b" ", 2)[1])
        fields = (line.partition(b":") for line in head.split(b"\r\n")[1:])
        self.location = next((v.strip().decode("latin-1") for n, _, v in fields if n.lower() == b"location"), "")
        self._buffer = rest
        return True

    def _body(self) -> bytes:
        """The bytes of the chunks that are complete so far, framing removed (RFC 9112, §7.1)."""
        out = bytearray()
        buffer, position = self._buffer, 0
        while (end := buffer.find(b"\r\n", position)) >= 0:
            size = int(buffer[position:end], 16)
            if len(buffer) < end + 2 + size + 2:
                break
            out += buffer[end + 2 : end + 2 + size]
            position = end + 2 + size + 2
        self._buffer = buffer[position:]
        return bytes(out)


def request(path: str, token: str, last_event_id: str | None = None, host: str = "127.0.0.1") -> bytes:
    """The bytes of a GET for a stream."""
    resume = f"Last-Event-ID: {last_event_id}\r\n" if last_event_id else ""
    return (
        f"GET {path} HTTP/1.1\r\nHost: {host}\r\nAccept: text/event-stream\r\n"
        f"Authorization: Bearer {token}\r\n{resume}\r\n"
    ).encode()


async def subscribe(host: str, port: int, token: str, on_frame: OnFrame, last_event_id: str | None = None) -> Stream:
    """A client of `GET /v1/stream`, connected but perhaps not yet `ready`.

    Raises:
        OSError: no connection.
    """
    _, stream = await asyncio.get_running_loop().create_connection(
        lambda: Stream(request("/v1/stream", token, last_event_id), on_frame), host, port
    )
    return stream
