"""The load client: `reader.c`, built when first needed, run on a core of its own, watched through shared memory."""

import json
import mmap
import re
import struct
import subprocess
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from tidings_schemas.errors import Permanent
from tidings_schemas.native.build import built

from tidings_bench.pinned import on_core

from .cores import CLIENT

_SOURCE = Path(__file__).with_name("reader.c")
_PATIENCE_S = 60.0
_MARK = re.compile(rb"~([0-9]{8})([0-9]{19})~")


class Control(NamedTuple):
    """What the reader counts, as `struct control` in reader.c has it."""

    connected: int = 0
    ready: int = 0
    closed: int = 0
    delivered: int = 0
    lost: int = 0
    repeated: int = 0
    warm: int = 0
    bytes: int = 0
    first_ns: int = 0
    last_ns: int = 0
    opened_ns: int = 0
    clear: int = 0
    failed: int = 0

    @property
    def seconds(self) -> float:
        """From the first delivery to the last."""
        return (self.last_ns - self.first_ns) / 1e9


_LAYOUT = struct.Struct(f"={len(Control._fields)}Q")


class Stuck(Permanent):
    """What was waited for did not come; the text says how far it got."""


def mark(number: int, due_ns: int) -> str:
    """Makes an event countable: its number in its stream's order (0: not counted) and when it was due."""
    return f"~{number:08d}{due_ns:019d}~"


def due_of(text: bytes) -> int | None:
    """When the event whose mark is in `text` was due; None without one, or if it is not counted."""
    found = _MARK.search(text)
    return int(found[2]) if found and int(found[1]) else None


class Reader:
    """Streams of a server on this machine.

    Args:
        port: the server's.
        requests: one whole HTTP request for each stream.
        ready: text of the response after which a stream counts as ready.
        folder: for its files.
        options: `frozen`, `opening`, `resume`, `buffer`, `arrivals`; see reader.c.

    Attributes:
        arrivals: with the option, what came when: pairs of (due, arrived), ns since 1970, written by `finish`.

    Raises:
        NoCompiler: there is no C compiler.
    """

    def __init__(self, port: int, requests: Iterable[bytes], ready: str, folder: Path, **options: int) -> None:
        whole, control = folder / "requests", folder / "control"
        self.arrivals = folder / "control.arrivals"
        whole.write_bytes(b"".join(request + b"\0" for request in requests))
        control.write_bytes(bytes(_LAYOUT.size))
        with control.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), _LAYOUT.size)
        program = str(built(_SOURCE, program=True))
        arguments = [str(port), str(whole), ready, str(control), *(f"{k}={v}" for k, v in options.items())]
        self._process = subprocess.Popen(
            on_core(CLIENT, [program, *arguments]), stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._process.kill()
        self._process.communicate()
        self._memory.close()

    @property
    def control(self) -> Control:
        """The counts of this moment."""
        return Control(*_LAYOUT.unpack_from(self._memory))

    def until(self, name: str, count: int, patience: float = _PATIENCE_S, quiet: bool = False) -> Control:
        """Waits until a count is reached. `quiet`: give up without an error, once it grows no more.

        Raises:
            Stuck: it was not within `patience` seconds, or the reader ended.
        """
        at = Control._fields.index(name) * 8
        deadline, before = time.monotonic() + patience, -1
        while (now := self._one(at)) < count:
            if quiet and now > before:
                deadline, before = time.monotonic() + patience, now
            if time.monotonic() > deadline or self._process.poll() is not None:
                if quiet:
                    break
                raise Stuck(f"{name} is {now}, not {count}: {self.control}")
            time.sleep(0.0002)
        return self.control

    def clear(self) -> None:
        """Begins a new measurement with the same streams."""
        at = Control._fields.index("clear") * 8
        struct.pack_into("=Q", self._memory, at, 1)
        while self._one(at):
            time.sleep(0.001)

    def finish(self) -> dict[str, Any]:
        """Closes the streams. Returns the latencies of what was counted and what it took to open the streams."""
        output, _ = self._process.communicate(b"", 30)
        found: dict[str, Any] = json.loads(output)
        return found

    def _one(self, at: int) -> int:
        value: int = struct.unpack_from("=Q", self._memory, at)[0]
        return value


def get(path: str, headers: Sequence[str] = ()) -> bytes:
    """A request for a stream."""
    lines = [f"GET {path} HTTP/1.1", "Host: 127.0.0.1", "Accept: text/event-stream", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()
