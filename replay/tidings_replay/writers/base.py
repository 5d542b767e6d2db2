"""What every writer is."""

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Protocol

import pyarrow as pa


class Writer(Protocol):
    """Takes tables, then is closed once. `rows` counts what is safely within."""

    rows: int

    def write(self, table: pa.Table) -> None:
        """Takes rows; the table's columns may be wider than the one before.

        Raises:
            OSError: the disk is full, or the place cannot be written.
        """

    def close(self, metadata: Mapping[str, str]) -> list[str]:
        """Makes the output whole and says where it is; `metadata` goes along where the format can hold it."""

    def abort(self) -> None:
        """Removes what is not whole."""


def temporary(target: Path) -> Path:
    """Where a file is written until it is whole: beside the target, so that the rename is atomic."""
    target.parent.mkdir(parents=True, exist_ok=True)
    return target.with_name(f".{target.name}.{os.getpid()}.part")


def publish(part: Path, target: Path) -> str:
    """The part becomes the target, on disk before it has the name."""
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(target)
    return str(target)


def discard(part: Path, file: IO[bytes]) -> None:
    """Removes what is not whole. On a full disk closing it fails, since that writes the rest; it goes all the same."""
    with suppress(OSError):
        file.close()
    part.unlink(missing_ok=True)
