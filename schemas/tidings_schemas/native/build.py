"""C source → machine code in the user's cache, compiled when first needed (ADR 100)."""

import hashlib
import os
import platform
import shlex
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tidings_schemas.errors import Permanent

_FLAGS = ["-O2", "-std=gnu11", "-Wall"]
_TIMEOUT_S = 60.0


class NotBuilt(Permanent):
    """There is no machine code; the text says why, and what would help."""


def built(source: Path, program: bool = False) -> Path:
    """The compiled `source`: a program, or a shared library. Compiled at most once for each text of it.

    Raises:
        NotBuilt: there is no compiler, it fails, or the cache is not ours alone.
    """
    compiler = _compiler()
    flags = [*_FLAGS, *([] if program else ["-shared", "-fPIC"])]
    key = hashlib.sha256(repr((source.read_bytes(), compiler, flags, platform.machine())).encode()).hexdigest()[:16]
    target = _folder() / f"{source.stem}-{key}{'' if program else '.so'}"
    if not target.exists():
        _compile([*compiler, *flags, str(source)], target)
    return target


def _compiler() -> Sequence[str]:
    given = shlex.split(os.environ.get("CC", ""))
    found = given or [name for name in ("cc", "gcc", "clang") if shutil.which(name)][:1]
    if not found or shutil.which(found[0]) is None:
        raise NotBuilt("there is no C compiler: install one (Debian: apt install gcc libc6-dev), or name it in CC")
    return found


def _folder() -> Path:
    """Ours alone: whoever could write there could run code as us."""
    folder = _cache() / "native"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        status = folder.stat()
    except OSError as error:
        raise NotBuilt(f"{folder} cannot be made: {error.strerror}; set XDG_CACHE_HOME or TIDINGS_HOME") from error
    if status.st_uid != os.getuid() or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise NotBuilt(f"others may write to {folder}: run `chmod 700 {folder}`, or delete it")
    return folder


def _cache() -> Path:
    if home := os.environ.get("TIDINGS_HOME"):
        return Path(home).expanduser() / "cache"
    given = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (given if given.is_absolute() else Path.home() / ".cache") / "tidings"


def _compile(command: Sequence[str], target: Path) -> None:
    """Beside its place first, then renamed: several processes may build at once, and none sees half of it."""
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        made = Path(folder) / target.name
        try:
            done = subprocess.run(
                [*command, "-o", str(made)], capture_output=True, text=True, timeout=_TIMEOUT_S, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise NotBuilt(f"{command[0]} cannot be run: {error}") from error
        if done.returncode:
            raise NotBuilt(f"{command[0]} fails: {done.stderr.strip()[:500]}")
        made.replace(target)
