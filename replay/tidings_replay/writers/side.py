"""The side file: records that did not decode, one JSON document a line, with their bytes."""

import base64
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import IO

import orjson

from tidings_replay.core.run import Failure


class SideFile:
    """Opened at the first failure, so that a clean run leaves none."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: IO[bytes] | None = None
        self.rows = 0

    def write(self, failures: Sequence[Failure]) -> None:
        """Takes failures.

        Raises:
            OSError: see `Writer.write`.
        """
        if not failures:
            return
        if self._file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("ab")
        for failure in failures:
            fields = asdict(failure)
            for name in ("key", "value"):
                fields[name] = None if fields[name] is None else base64.b64encode(fields[name]).decode()
            self._file.write(orjson.dumps(fields) + b"\n")
        self.rows += len(failures)

    def close(self) -> None:
        """Puts it on disk."""
        if self._file is not None:
            self._file.close()
            self._file = None
