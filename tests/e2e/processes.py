"""The services as child processes, as `tidings up` runs them: started, killed, started again on the same port."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from time import monotonic, sleep

import httpx

_PATIENCE_S = 120.0


class Service:
    """`python -m <module> <arguments>`, which is there once `/readyz` on its port answers 200."""

    def __init__(self, module: str, arguments: list[str], environ: Mapping[str, str], port: int, log: Path) -> None:
        self._command = [sys.executable, "-m", module, *arguments]
        self._environ = dict(environ)
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"http://127.0.0.1:{port}"

    def start(self) -> None:
        """Starts it and waits until it is ready.

        Raises:
            AssertionError: it ended, or was not ready in time; the end of its log is told.
        """
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, env=self._environ, stdout=log, stderr=log)
        deadline = monotonic() + _PATIENCE_S
        while not self._ready():
            assert self._process.poll() is None, f"it ended at once:\n{self._tail()}"
            assert monotonic() < deadline, f"it is not ready after {_PATIENCE_S:.0f} s:\n{self._tail()}"
            sleep(0.05)

    def kill(self) -> None:
        """Ends it as a power cut would: SIGKILL."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Ends it as a deployment would: SIGTERM."""
        self._end(signal.SIGTERM)

    def _end(self, signal_number: int) -> None:
        if self._process is None:
            return
        self._process.send_signal(signal_number)
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def _ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz", timeout=5, verify=False).status_code == 200
        except httpx.TransportError:
            return False

    def _tail(self) -> str:
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-30:])


def clean_environ() -> dict[str, str]:
    """This process's environment without what would lead a child elsewhere."""
    led = ("TIDINGS_", "KAFKA_", "SCHEMA_REGISTRY_", "LIBRDKAFKA_")
    return {name: value for name, value in os.environ.items() if not name.startswith(led)}
