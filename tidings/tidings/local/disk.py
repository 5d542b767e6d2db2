"""Is there room? A full disk is told before anything starts, not by Kafka's stack trace in the middle."""

from __future__ import annotations

import shutil
from pathlib import Path

from tidings.local.errors import DiskFull

MIB = 1024 * 1024

#: Kafka's logs and the registry's database of a first hour, with room to spare.
DATA_BYTES = 512 * MIB


def shortage(what: str, folder: Path, free: int, needed: int) -> str | None:
    """One sentence if `free` bytes are fewer than `needed`, else None.

    Args:
        what: the thing to be written, e.g. "Kafka's data".
        folder: where it is to be written; named in the remedy.
    """
    if free >= needed:
        return None
    return (
        f"{what} needs {_mib(needed)} MiB in {folder}, but only {_mib(free)} MiB are free: "
        "make room there, or set TIDINGS_HOME to a folder on a larger disk."
    )


def check(what: str, folder: Path, needed: int) -> None:
    """Raise `DiskFull` if the disk that holds `folder` (which need not exist yet) lacks `needed` bytes."""
    existing = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if told := shortage(what, folder, shutil.disk_usage(existing).free, needed):
        raise DiskFull(told)


def _mib(size: int) -> int:
    return round(size / MIB)
