"""A parser of event streams, written from the WHATWG HTML standard (section 9.2.6) and from nothing of ours."""

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Dispatched:
    """An event as a page's listener gets it."""

    type: str
    data: str
    last_event_id: str


@dataclass
class EventStreamParser:
    """Fed with bytes as they come, in any pieces; keeps what an EventSource keeps."""

    last_event_id: str = ""
    retry: int | None = None
    _id: str = ""
    _type: str = ""
    _data: list[str] = field(default_factory=list)
    _rest: bytes = b""
    _begun: bool = False

    def feed(self, piece: bytes) -> Iterator[Dispatched]:
        """The events that are complete now."""
        self._rest += piece
        if not self._begun and len(self._rest) >= 3:
            self._begun = True
            self._rest = self._rest.removeprefix(b"\xef\xbb\xbf")
        for line in self._lines():
            event = self._line(line.decode("utf-8", "replace"))
            if event is not None:
                yield event

    def _lines(self) -> Iterator[bytes]:
        """Lines end with CRLF, LF or CR; a CR at the very end may be half of a CRLF."""
        while True:
            ends = [at for at in (self._rest.find(b"\n"), self._rest.find(b"\r")) if at >= 0]
            if not ends:
                return
            end = min(ends)
            if self._rest[end:] == b"\r":
                return
            size = 2 if self._rest[end : end + 2] == b"\r\n" else 1
            line, self._rest = self._rest[:end], self._rest[end + size :]
            yield line

    def _line(self, line: str) -> Dispatched | None:
        if not line:
            return self._dispatch()
        if line.startswith(":"):
            return None
        name, _, value = line.partition(":")
        self._field(name, value.removeprefix(" "))
        return None

    def _field(self, name: str, value: str) -> None:
        if name == "event":
            self._type = value
        elif name == "data":
            self._data.append(value)
        elif name == "id" and "\0" not in value:
            self._id = value
        elif name == "retry" and value.isascii() and value.isdigit():
            self.retry = int(value)

    def _dispatch(self) -> Dispatched | None:
        self.last_event_id = self._id
        data, kind = self._data, self._type or "message"
        self._data, self._type = [], ""
        return Dispatched(kind, "\n".join(data), self.last_event_id) if data else None
