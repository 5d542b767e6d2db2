"""The side file: records that did not decode, one JSON document a line, with their bytes where those may be shown."""

import base64
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import IO

import orjson

from tidings_replay.core.run import Failure


class SideFile:
    """Opened at the first failure, so that a clean run leaves none. Only its owner may read it: bytes that nobody can
    decode may hold anything."""

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
            self._file = os.fdopen(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")
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


def state_folder(environ: Mapping[str, str]) -> Path:
    """Tidings' state folder: `TIDINGS_HOME`, else that of the XDG Base Directory Specification."""
    if home := environ.get("TIDINGS_HOME"):
        return Path(home).expanduser() / "state"
    given = Path(environ.get("XDG_STATE_HOME", ""))
    return (given if given.is_absolute() else Path.home() / ".local" / "state") / "tidings"
