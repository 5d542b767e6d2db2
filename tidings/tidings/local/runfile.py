"""The run file: who holds its lock is the one supervisor of these folders, and says in it what runs.

The kernel lifts the lock when the supervisor dies, however it dies; so a run file without a holder is stale, whatever
process has its pid now.
"""

from __future__ import annotations

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from tidings.local import runstate
from tidings.local.errors import AlreadyRunning
from tidings.local.paths import Folders
from tidings.local.runstate import RunState, ServiceState, StepState

_LOCK, _FILE = "run.lock", "run.json"


class RunFile:
    """The supervisor's side: every change is written at once. Also an observer of steps."""

    def __init__(self, path: Path, state: RunState) -> None:
        self.state = state
        self._path, self._lock = path, Lock()
        self.change(lambda _: None)

    def change(self, how: Callable[[RunState], None]) -> None:
        """Apply `how` to the state and write it; safe from any thread."""
        with self._lock:
            how(self.state)
            partial = self._path.with_suffix(".partial")
            partial.write_text(self.state.to_json(), "utf-8")
            partial.replace(self._path)

    def service(self, name: str, service: ServiceState) -> None:
        self.change(lambda state: state.services.update({name: service}))

    def started(self, name: str) -> None:
        self._step(name, StepState())

    def progress(self, name: str, done: int, total: int) -> None:
        pass  # far too many for a file

    def finished(self, name: str, seconds: float, note: str) -> None:
        self._step(name, StepState("done", seconds, note))

    def failed(self, name: str, seconds: float, error: BaseException) -> None:
        self._step(name, StepState("failed", seconds, str(error)))

    def _step(self, name: str, step: StepState) -> None:
        self.change(lambda state: state.steps.update({name: step}))


@contextmanager
def hold(folders: Folders, state: RunState) -> Iterator[RunFile]:
    """Be the supervisor of these folders for as long as the block lasts; the run file is gone afterwards.

    Raises:
        AlreadyRunning: another one is; the text says what runs.
    """
    folders.state.mkdir(parents=True, exist_ok=True)
    with (folders.state / _LOCK).open("w") as lock:
        if not _try_lock(lock.fileno(), fcntl.LOCK_EX):
            other = read(folders)
            raise AlreadyRunning(runstate.already_runs(other) if other else "Tidings is just being started elsewhere.")
        path = folders.state / _FILE
        try:
            yield RunFile(path, state)
        finally:
            path.unlink(missing_ok=True)


def read(folders: Folders) -> RunState | None:
    """What runs now, or None."""
    lock, path = folders.state / _LOCK, folders.state / _FILE
    if not lock.exists():
        return None
    with lock.open("r") as file:
        if _try_lock(file.fileno(), fcntl.LOCK_SH, within=0):
            return None
    try:
        return runstate.from_json(path.read_text("utf-8"))
    except (OSError, ValueError, TypeError):
        return None  # just beginning, just ended, or of another version


def _try_lock(descriptor: int, kind: int, within: float = 0.5) -> bool:
    """Readers hold the lock for an instant, so a writer tries a little longer than once."""
    deadline = time.monotonic() + within
    while True:
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.02)
