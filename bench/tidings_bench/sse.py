"""A small Server-Sent Events reader for load: bytes in, frames out. Pure.

Follows the WHATWG HTML standard, §9.2.6, for what Tidings sends (LF line ends, one BOM at most is not handled):
speed matters here; `tests/contract/sse` holds the gateway against a full parser.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Frame:
    """One dispatched event; `id` is the last id seen, as the standard says."""

    event: str
    data: str
    id: str


class Parser:
    """Feed it the stream's bytes as they come. `last_id` also follows frames that only carry an id."""

    def __init__(self) -> None:
        self._rest = b""
        self.last_id = ""
        self.retry_ms: int | None = None

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that `data` completes."""
        *blocks, self._rest = (self._rest + data).split(b"\n\n")
        return [frame for block in blocks if (frame := self._frame(block))]

    def _frame(self, block: bytes) -> Frame | None:
        event, lines = "message", []
        for line in block.decode().split("\n"):
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if name == "data":
                lines.append(value)
            elif name == "event":
                event = value
            elif name == "id" and "\0" not in value:
                self.last_id = value
            elif name == "retry" and value.isdigit():
                self.retry_ms = int(value)
        return Frame(event, "\n".join(lines), self.last_id) if lines else None
