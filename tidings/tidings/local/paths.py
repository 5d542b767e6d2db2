"""Where files lie: the XDG base directories, or everything under `TIDINGS_HOME`.

Source: XDG Base Directory Specification 0.8.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tidings.local.errors import UnusableFolder


@dataclass(frozen=True, slots=True)
class Folders:
    """The three folders that the local services write to.

    Attributes:
        data: what must survive: Kafka's log, the registry's database.
        cache: what can be fetched again: jars, the unpacked registry.
        state: logs, and the run file of what runs now.
    """

    data: Path
    cache: Path
    state: Path

    @property
    def logs(self) -> Path:
        return self.state / "logs"

    def create(self) -> Folders:
        """Make them; returns itself.

        Raises:
            UnusableFolder: the data folder's name means something else to Kafka or to the registry.
        """
        if set(str(self.data)) & set(",;"):
            raise UnusableFolder(f"Kafka cannot use {self.data}, which has a , or ; in its name: set TIDINGS_HOME.")
        for folder in (self.data, self.cache, self.logs):
            folder.mkdir(parents=True, exist_ok=True)
        return self


def folders(environ: Mapping[str, str] | None = None, home: Path | None = None) -> Folders:
    """The folders of this environment; nothing is created.

    Args:
        environ: environment variables; the process's own by default.
        home: the user's home folder; the process's own by default.
    """
    env = os.environ if environ is None else environ
    if own := env.get("TIDINGS_HOME"):
        return beneath(Path(own).expanduser().absolute())
    base = Path.home() if home is None else home
    return Folders(
        data=_xdg(env, "XDG_DATA_HOME", base / ".local" / "share"),
        cache=_xdg(env, "XDG_CACHE_HOME", base / ".cache"),
        state=_xdg(env, "XDG_STATE_HOME", base / ".local" / "state"),
    )


def beneath(root: Path, cache: Path | None = None) -> Folders:
    """All folders under one root, e.g. a test's temporary folder; the cache may be shared from elsewhere."""
    return Folders(data=root / "data", cache=cache or root / "cache", state=root / "state")


def _xdg(env: Mapping[str, str], name: str, default: Path) -> Path:
    """A relative path in an XDG variable is invalid and must be ignored (specification, "Basics")."""
    value = Path(env.get(name, ""))
    return (value if value.is_absolute() else default) / "tidings"
