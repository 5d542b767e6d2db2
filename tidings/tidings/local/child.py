"""One child process: its own process group, its output in a log file, and never longer alive than its parent.

The kernel kills the child when the parent dies, however it dies (prctl(2), PR_SET_PDEATHSIG). Two traps shape this
file: the setting must be made in the child before it becomes the real program, so a few lines of Python run first and
then `exec` it; and the "parent" of prctl is the *thread* that forked, so all children are forked by one thread that
lives as long as the process.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

_BIND_LIFE = (
    "import ctypes, os, sys\n"
    f"ctypes.CDLL(None).prctl(1, {int(signal.SIGKILL)})\n"
    "if os.getppid() != int(sys.argv[1]): sys.exit('the parent is gone')\n"
    "os.execvp(sys.argv[2], sys.argv[2:])\n"
)

_forker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="forker")

#: Log files of earlier starts that are kept, as name.log.1 (the newest) and up.
KEPT_LOGS = 3


class Child:
    """A running, or ended, child process."""

    def __init__(self, name: str, process: subprocess.Popen[bytes], log: Path) -> None:
        self.name, self.log = name, log
        self._process = process

    @classmethod
    def start(
        cls,
        name: str,
        command: Sequence[str],
        log: Path,
        env: Mapping[str, str] | None = None,
        folder: Path | None = None,
        fresh_log: bool = True,
    ) -> Child:
        """Start `command`.

        Args:
            log: standard output and error go here.
            env: added to this process's environment.
            folder: working directory.
            fresh_log: move what the log holds to `<log>.1` first; False appends (a restart).
        """
        if fresh_log:
            rotate(log)
        bound = [sys.executable, "-I", "-S", "-c", _BIND_LIFE, str(os.getpid()), *command]
        with log.open("ab") as output:
            process = _forker.submit(
                subprocess.Popen,
                bound,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(env or {})},
                cwd=folder,
                start_new_session=True,
            ).result()
        return cls(name, process, log)

    @property
    def pid(self) -> int:
        return self._process.pid

    def poll(self) -> int | None:
        """The exit code as `subprocess` gives it (negative: the signal), or None while it runs."""
        return self._process.poll()

    def wait(self) -> int:
        return self._process.wait()

    def stop(self, grace: float) -> int:
        """Ask it to end, and after `grace` seconds make it; its whole group is gone afterwards."""
        self.signal(signal.SIGTERM)
        try:
            code = self._process.wait(grace)
        except subprocess.TimeoutExpired:
            self.signal(signal.SIGKILL)
            code = self._process.wait()
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)  # whatever the program left behind in its group
        return code

    def signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            self._process.send_signal(number)

    def tail(self, lines: int = 12) -> str:
        """The last lines of its log."""
        return "\n".join(self.log.read_text("utf-8", "replace").splitlines()[-lines:])


def rotate(log: Path, kept: int = KEPT_LOGS) -> None:
    """Move `log` to `log.1`, `log.1` to `log.2`, and so on; the oldest is dropped."""
    log.parent.mkdir(parents=True, exist_ok=True)
    files = [log, *(log.with_name(f"{log.name}.{number}") for number in range(1, kept + 1))]
    for newer, older in reversed(list(pairwise(files))):
        if newer.exists():
            newer.replace(older)


def exit_reason(code: int) -> str:
    """How a process ended, in words: "exit code 1", "signal SIGKILL"."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"signal {signal.Signals(-code).name}"
    except ValueError:
        return f"signal {-code}"
