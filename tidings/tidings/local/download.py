"""Fetch artifacts into the cache: in parallel, atomically, checked.

A file is written beside its place as `<name>.part`, and renamed only when its size and SHA-256 are the committed
ones. A download that broke off leaves the part, and the next one goes on from there (RFC 9110 §14, `Range`).
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

import httpx

from tidings.local import disk
from tidings.local.artifacts import Artifact, missing
from tidings.local.errors import Cancelled, DownloadFailed

#: Called with bytes fetched so far and bytes to fetch.
Progress = Callable[[int, int], None]

ATTEMPTS = 4


def repository() -> str:
    """The Maven repository: `TIDINGS_MAVEN_REPOSITORY` (a company's mirror), or the public one as jgo knows it."""
    if own := os.environ.get("TIDINGS_MAVEN_REPOSITORY"):
        return own.rstrip("/")
    from jgo.constants import MAVEN_CENTRAL_URL

    return str(MAVEN_CENTRAL_URL)


def fetch(
    artifacts: Sequence[Artifact],
    cache: Path,
    progress: Progress = lambda done, total: None,
    stopped: Callable[[], bool] = lambda: False,
) -> list[Path]:
    """Paths of all `artifacts` in the cache, fetching those that are missing.

    Raises:
        DiskFull: before anything is fetched.
        DownloadFailed: an artifact could not be had, or is not what was promised.
        Cancelled: `stopped` turned true.
    """
    if missing(artifacts, cache):
        cache.mkdir(parents=True, exist_ok=True)
        with _alone(cache):  # another process may have fetched them while this one waited
            _fetch_all(missing(artifacts, cache), cache, progress, stopped)
    return [cache / one.path for one in artifacts]


def _fetch_all(wanted: Sequence[Artifact], cache: Path, progress: Progress, stopped: Callable[[], bool]) -> None:
    total = sum(one.size for one in wanted)
    disk.check("The download", cache, total)
    tally = _Tally(total, progress, stopped)
    client = httpx.Client(base_url=repository() + "/", follow_redirects=True, timeout=30)
    with client, ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda one: _fetch(client, one, cache / one.path, tally), wanted))


class _Tally:
    """Bytes fetched by all threads together."""

    def __init__(self, total: int, progress: Progress, stopped: Callable[[], bool]) -> None:
        self._done, self._total = 0, total
        self._progress, self._stopped = progress, stopped
        self._lock = Lock()

    def add(self, size: int) -> None:
        if self._stopped():
            raise Cancelled("The download was stopped; the next start goes on where it broke off.")
        with self._lock:
            self._done += size
            self._progress(self._done, self._total)


def _fetch(client: httpx.Client, artifact: Artifact, target: Path, tally: _Tally) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    cause = ""
    for attempt in range(ATTEMPTS):
        try:
            _stream(client, artifact, part, tally)
        except httpx.HTTPError as error:
            cause = str(error) or type(error).__name__
            time.sleep(0.2 * 2**attempt)
            continue
        if _is_whole(part, artifact):
            part.replace(target)
            return
        cause = "its size or SHA-256 is not the committed one"
        part.unlink(missing_ok=True)
    raise DownloadFailed(
        f"{artifact.name} could not be fetched ({cause}): check the network, or set TIDINGS_MAVEN_REPOSITORY "
        "to a mirror that you can reach, and start again; what was fetched is kept."
    )


def _stream(client: httpx.Client, artifact: Artifact, part: Path, tally: _Tally) -> None:
    """Append what is missing to `part`; a server that ignores `Range` makes it begin anew."""
    had = part.stat().st_size if part.exists() else 0
    if had >= artifact.size:
        return
    headers = {"Range": f"bytes={had}-"} if had else {}
    with client.stream("GET", artifact.path, headers=headers) as response:
        response.raise_for_status()
        resumed = response.status_code == httpx.codes.PARTIAL_CONTENT
        tally.add(had if resumed else 0)
        with part.open("ab" if resumed else "wb") as file:
            for chunk in response.iter_raw():
                file.write(chunk)
                tally.add(len(chunk))


def _is_whole(part: Path, artifact: Artifact) -> bool:
    if part.stat().st_size != artifact.size:
        return False
    with part.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == artifact.sha256


@contextmanager
def _alone(cache: Path) -> Iterator[None]:
    """One process at a time writes to the cache; the kernel lifts the lock of one that dies."""
    with (cache / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
