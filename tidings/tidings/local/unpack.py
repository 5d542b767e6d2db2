"""Unpack the registry's archive once, and notice when what was unpacked is no longer whole."""

from __future__ import annotations

import json
import shutil
import tarfile
from pathlib import Path

from tidings.local import disk

MANIFEST = "MANIFEST.json"


def is_whole(folder: Path) -> bool:
    """Whether `folder` holds every file of its manifest, each with its size."""
    manifest = folder / MANIFEST
    if not manifest.is_file():
        return False
    sizes: dict[str, int] = json.loads(manifest.read_text("utf-8"))
    return sizes == _sizes(folder, sizes)


def unpack(archive: Path, folder: Path) -> None:
    """Unpack the gzipped tar into `folder`, which appears only when it is whole. What lay there is replaced."""
    partial = folder.with_name(folder.name + ".partial")
    for stale in (partial, folder):
        shutil.rmtree(stale, ignore_errors=True)
    disk.check("Unpacking the registry", folder.parent, 2 * archive.stat().st_size)
    with tarfile.open(archive) as tar:
        # `filter=` came with 3.11.4; the archive's SHA-256 was checked, so older versions unpack it as it is.
        tar.extraction_filter = getattr(tarfile, "data_filter", lambda member, path: member)
        tar.extractall(partial)
    names = [path.relative_to(partial).as_posix() for path in partial.rglob("*") if path.is_file()]
    (partial / MANIFEST).write_text(json.dumps(_sizes(partial, names)), "utf-8")
    partial.rename(folder)


def _sizes(folder: Path, names: list[str] | dict[str, int]) -> dict[str, int]:
    return {name: (folder / name).stat().st_size for name in names if (folder / name).is_file()}
