"""uvicorn's HTTP protocol, with what a server of many long streams needs beside it.

- It offers its transport to the application, which may take the connection over (transports/fast.py). After that no
  task, no scope and no parser is kept for the stream.
- It lets go of a connection that another worker is to serve, and takes in such a one (handover.py).
- A request head must be whole within a deadline and below a size; uvicorn knows neither (Kludex/uvicorn#157).
"""

import asyncio
import os
from collections import deque
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from .transports.fast import EXTENSION, FastSink

_TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-type: text/plain\r\n"
    b"content-length: 28\r\nconnection: close\r\n\r\nThe request head is too long"
)


class StreamProtocol(HttpToolsProtocol):
    """One connection. Attributes of the class are set once by the server.

    Attributes:
        head_seconds: deadline for a request head.
        head_bytes: its largest size, request line included.
        write_buffer: bytes that may wait in the transport before a stream counts as slow.
        handed: the head of the request that another worker read on this connection.
    """

    head_seconds: ClassVar[float] = 10.0
    head_bytes: ClassVar[int] = 32 * 1024
    write_buffer: ClassVar[int] = 64 * 1024

    handed = b""
    _sink: FastSink | None = None
    _deadline: asyncio.TimerHandle | None = None
    _head = 0  # bytes of the request head so far
    _in_head = True

    @property
    def begun(self) -> bool:
        """As `Offer.begun`; a client that has gone will not be waited for."""
        return self.cycle.response_started or self.cycle.disconnected

    def detach(self) -> FastSink | None:
        """As `Offer.detach`. uvicorn believes the client gone, so it waits for nothing and drops what comes after."""
        if self.cycle.disconnected or self.transport.is_closing():
            self.cycle.disconnected = True  # else uvicorn complains that the response is not complete
            return None
        self.cycle.disconnected = True
        self.cycle.message_event.set()
        sink = self._sink = FastSink(self.transport)
        sink.paused = self.flow.write_paused
        self.transport.set_write_buffer_limits(self.write_buffer, self.write_buffer // 4)
        self.flow.resume_reading()
        released: Any = None
        self.cycle = self.scope = self.headers = self.parser = self.flow = released
        self.pipeline = _NOTHING
        return sink

    def release(self) -> int | None:
        """As `Releasing.release`. With more requests behind this one it is kept, and so is what is encrypted.

        A descriptor of its own: should the transport be closed meanwhile, its number would soon be another client's.
        """
        cycle, transport = self.cycle, self.transport
        if cycle.disconnected or transport.is_closing() or transport.get_extra_info("sslcontext"):
            return None
        if self.pipeline or self._in_head:
            return None
        descriptor = os.dup(transport.get_extra_info("socket").fileno())  # first: there may be none left
        self.flow.pause_reading()
        cycle.disconnected = True
        cycle.message_event.set()
        return descriptor

    def let_go(self) -> None:
        """As `Releasing.let_go`."""
        self.transport.abort()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._await_head()
        if self.handed:
            head, self.handed = self.handed, b""  # a stream keeps this object for hours
            self.data_received(head)

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_done()
        super().connection_lost(exc)
        gone: Any = None
        self.cycle = self.scope = gone  # they know this object, and would keep it until the garbage collector comes
        sink, self._sink = self._sink, None
        if sink is not None:
            sink.lost()

    def data_received(self, data: bytes) -> None:
        if self._sink is not None:
            return  # a client of a stream has nothing more to say
        if self._in_head and self._head > self.head_bytes:
            self._refuse()
            return
        fed = self._head
        super().data_received(data)
        if self._in_head and self._head == fed:
            self._head += len(data)  # a field still unfinished, which no callback has counted

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head, self._in_head = 0, True
        if self._deadline is None:
            self._await_head()

    def on_url(self, url: bytes) -> None:
        self._head += len(url)
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._head += len(name) + len(value) + 4
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._head_done()
        if self._head > self.head_bytes:
            self._refuse()
            return
        self.scope["extensions"] = {EXTENSION: self}  # type: ignore[dict-item]
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if self.cycle is not None:  # else the head was refused
            super().on_body(body)

    def on_message_complete(self) -> None:
        if self.cycle is not None:
            super().on_message_complete()

    def pause_writing(self) -> None:
        if self._sink is not None:
            self._sink.paused = True
        else:
            super().pause_writing()

    def resume_writing(self) -> None:
        if self._sink is not None:
            self._sink.resume()
        else:
            super().resume_writing()

    def shutdown(self) -> None:
        """Streams are ended by the drain, which has been by the time the server asks for this."""
        if self._sink is not None:
            self.transport.close()
        else:
            super().shutdown()

    def _await_head(self) -> None:
        self._deadline = self.loop.call_later(self.head_seconds, self._head_late)

    def _head_done(self) -> None:
        self._in_head = False
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _head_late(self) -> None:
        self._deadline = None
        if not self.transport.is_closing():
            self.transport.close()

    def _refuse(self) -> None:
        self._head_done()
        if not self.transport.is_closing():
            self.transport.write(_TOO_LARGE)
            self.transport.close()


_NOTHING: deque[Any] = deque()
