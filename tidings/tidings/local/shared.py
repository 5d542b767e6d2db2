"""One embedded stack for several processes: whoever joins first starts it, and it ends when the last one has gone.

Who still uses it is known by file locks alone, which the kernel lifts however a process ends: each user holds a shared
lock on `users.lock`; the holder, a process of its own, waits for the exclusive one, stops the stack and ends.
"""

from __future__ import annotations

import fcntl
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import IO

from tidings.local import paths, ports
from tidings.local.errors import LocalError, ServiceDied
from tidings.local.services import Endpoints
from tidings.local.stack import LocalStack


@contextmanager
def joined(folder: Path) -> Iterator[Endpoints]:
    """Kafka and the registry of `folder`, started if nobody has yet. Downloads come from the user's cache.

    Raises:
        LocalError: what `LocalStack` raises, told by the holder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "users.lock").open("w") as users:
        fcntl.flock(users, fcntl.LOCK_SH)
        yield _endpoints(folder)


def _endpoints(folder: Path) -> Endpoints:
    """One user at a time looks whether the stack runs, and starts it."""
    state = folder / "stack.json"
    with (folder / "start.lock").open("w") as starting:
        fcntl.flock(starting, fcntl.LOCK_EX)
        if not state.exists():
            _start_holder(folder, state)
        told = json.loads(state.read_text("utf-8"))
    if "error" in told:
        raise LocalError(told["error"])
    return Endpoints(**told)


def _start_holder(folder: Path, state: Path) -> None:
    with (folder / "holder.log").open("ab") as log:
        command = [sys.executable, "-m", "tidings.local.shared", str(folder)]
        holder = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    while not state.exists():
        if holder.poll() is not None:
            raise ServiceDied(f"The shared stack ended before it was ready: see {folder / 'holder.log'}.")
        time.sleep(0.05)


def hold(folder: Path) -> None:
    """Run the stack until no user is left. This is the holder's whole life."""
    state = folder / "stack.json"
    with (folder / "users.lock").open("w") as users:
        try:
            folders = paths.beneath(folder, cache=paths.folders().cache)
            with LocalStack(folders, ports.free_ports()) as stack:
                _write(state, asdict(Endpoints(stack.bootstrap_servers, stack.registry_url)))
                _until_unused(users, state)
        except LocalError as error:
            _write(state, {"error": str(error)})
            _until_unused(users, state)


def _until_unused(users: IO[str], state: Path) -> None:
    """Who joins from here on finds no state, waits for the lock, and starts a new holder."""
    fcntl.flock(users, fcntl.LOCK_EX)
    state.unlink()


def _write(path: Path, document: dict[str, str]) -> None:
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(document), "utf-8")
    partial.replace(path)


if __name__ == "__main__":
    hold(Path(sys.argv[1]))
