"""The broker's disk is full: a small file system in memory, which only root can make."""

import os
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from random import Random

from tidings_chaos.world import World

_SIZE = "600m"
_PIECE = 1 << 20


@contextmanager
def small(folder: Path) -> Iterator[Path]:
    """A small file system at `folder`, as long as the block lasts.

    Raises:
        OSError: it could not be mounted.
    """
    if os.geteuid() != 0:
        raise OSError("only root may mount a small disk")
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={_SIZE}", "tidings-chaos", str(folder)], capture_output=True, text=True
    )
    if done.returncode:
        raise OSError(f"a small disk could not be mounted at {folder}: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=False)


@asynccontextmanager
async def full(world: World, rng: Random) -> AsyncIterator[str]:
    """No room is left; the broker refuses or ends, and is started again once there is room."""
    assert world.filler is not None
    file = world.filler / "filler"
    written = _fill(file)
    try:
        yield f"{written // _PIECE} MiB filled"
    finally:
        file.unlink()
    await world.cluster.broker.ready()


def _fill(file: Path) -> int:
    written = 0
    with file.open("wb", buffering=0) as out:
        try:
            while True:
                written += out.write(b"\0" * _PIECE) or 0
        except OSError:  # that is the point
            return written
