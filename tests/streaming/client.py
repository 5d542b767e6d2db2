"""A client of streams on a raw socket, which sees what a browser's network layer sees."""

import json
import select
import socket
import struct
import time
from collections.abc import Callable
from typing import Any

from tests.streaming.whatwg import Dispatched, EventStreamParser

PATIENCE = 20.0


class EventStream:
    """One request for a stream and its answer.

    Args:
        port: the server's, on loopback.
        path: with query.
        headers: of the request.
        receive_buffer: SO_RCVBUF, for clients that are to be full soon.
    """

    def __init__(
        self,
        port: int,
        path: str = "/stream?user=ann",
        method: str = "GET",
        version: str = "1.1",
        receive_buffer: int | None = None,
        **headers: str,
    ) -> None:
        self.events: list[Dispatched] = []
        self.arrived: list[float] = []  # monotonic seconds, for each event
        self.parser = EventStreamParser()
        self.head = b""
        self.ended = False  # the body came to its proper end
        self.closed = False
        self._rest = b""
        self._titles: list[str] = []
        self._titled = 0
        self._socket = socket.socket()
        if receive_buffer:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self._socket.connect(("127.0.0.1", port))
        fields = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        self._socket.sendall(f"{method} {path} HTTP/{version}\r\nHost: localhost\r\n{fields}\r\n".encode())

    def __enter__(self) -> "EventStream":
        return self

    def __exit__(self, *error: object) -> None:
        self.leave()

    @property
    def cursor(self) -> str:
        """Its last event id."""
        return self.parser.last_event_id

    def fileno(self) -> int:
        """For `select`."""
        return self._socket.fileno()

    def until(self, condition: Callable[["EventStream"], object], patience: float = PATIENCE) -> "EventStream":
        """Reads until the condition holds."""
        deadline = time.monotonic() + patience
        while not condition(self):
            left = deadline - time.monotonic()
            assert left > 0, f"waited in vain; {self._told()}"
            assert not self.closed, f"the server closed; {self._told()}"
            if select.select([self._socket], [], [], left)[0]:
                self.read()
        return self

    def until_ready(self) -> "EventStream":
        """Reads until history is through."""
        return self.until(lambda stream: "ready" in stream.types())

    def until_titles(self, *titles: str) -> "EventStream":
        """Reads until these notifications, and no others, have come."""
        self.until(lambda stream: len(stream.titles()) >= len(titles))
        assert [title[:40] for title in self.titles()] == [title[:40] for title in titles]
        return self

    def until_over(self, patience: float = PATIENCE) -> "EventStream":
        """Reads until the server has ended the stream."""
        return self.until(lambda stream: stream.ended or stream.closed, patience)

    def read(self) -> None:
        """Takes what is there."""
        try:
            data = self._socket.recv(1 << 20)
        except ConnectionResetError:
            data = b""
        if not data:
            self.closed = True
            self.ended |= "chunked" not in self.fields().get("transfer-encoding", "")
            return
        self._rest += data
        if not self.head and b"\r\n\r\n" in self._rest:
            self.head, _, self._rest = self._rest.partition(b"\r\n\r\n")
        if self.head:
            self._body()

    def fields(self) -> dict[str, str]:
        """The response's header fields, names in lower case."""
        lines = self.head.decode().split("\r\n")[1:]
        return {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}

    def types(self) -> list[str]:
        """Of the events so far."""
        return [event.type for event in self.events]

    def data(self, kind: str) -> list[dict[str, Any]]:
        """Of the events of one type."""
        return [json.loads(event.data) for event in self.events if event.type == kind]

    def titles(self) -> list[str]:
        """Of the notifications so far."""
        for event in self.events[self._titled :]:
            if event.type == "notification":
                self._titles.append(json.loads(event.data)["title"])
        self._titled = len(self.events)
        return self._titles

    def leave(self) -> None:
        """Closes in good order."""
        self._socket.close()

    def vanish(self) -> None:
        """Closes by a reset, as a crashed client does."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()

    def say(self, data: bytes) -> None:
        """Sends more than a client of a stream has to say."""
        self._socket.sendall(data)

    def _told(self) -> str:
        last = [(event.type, event.data[:200]) for event in self.events[-3:]]
        return f"head {self.head[:60]!r}, {len(self.events)} events, the last {last}"

    def _body(self) -> None:
        if "chunked" not in self.fields().get("transfer-encoding", ""):
            self._feed(self._rest)
            self._rest = b""
            return
        while b"\r\n" in self._rest and not self.ended:
            size_text, _, rest = self._rest.partition(b"\r\n")
            size = int(size_text, 16)
            if len(rest) < size + 2:
                return
            assert rest[size : size + 2] == b"\r\n"
            self._feed(rest[:size])
            self._rest = rest[size + 2 :]
            self.ended = size == 0

    def _feed(self, data: bytes) -> None:
        new = list(self.parser.feed(data))
        self.events += new
        self.arrived += [time.monotonic()] * len(new)
