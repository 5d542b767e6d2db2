"""Writes a history down as it happens: one list in memory, one JSON line an entry on disk. Safe from any thread."""

import threading
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from time import monotonic
from typing import Any

import orjson

from .core.history import KINDS, Entry


class Recorder:
    """The history of one run.

    Args:
        path: where the lines go.

    Attributes:
        entries: all so far.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.entries: list[Entry] = []
        self._began = monotonic()
        self._lock = threading.Lock()
        self._file = path.open("wb", buffering=1 << 20)

    def now(self) -> float:
        """Seconds since the run began."""
        return round(monotonic() - self._began, 4)

    def add(self, entry: Entry) -> None:
        """Notes an entry."""
        line = orjson.dumps({"entry": type(entry).__name__, **asdict(entry)}, option=orjson.OPT_APPEND_NEWLINE)
        with self._lock:
            self.entries.append(entry)
            self._file.write(line)

    def close(self) -> None:
        """Ends the file."""
        with self._lock:
            self._file.close()


def read(path: Path) -> Iterator[Entry]:
    """The entries of a file that a `Recorder` wrote.

    Raises:
        ValueError: a line is no entry; the text names it.
    """
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            try:
                fields: dict[str, Any] = orjson.loads(line)
                kind = KINDS[fields.pop("entry")]
                yield kind(**{name: tuple(v) if isinstance(v, list) else v for name, v in fields.items()})
            except (ValueError, KeyError, TypeError) as error:
                raise ValueError(f"{path}:{number} is no entry of a history: {error}") from error
