"""A run that is told to stop leaves nothing behind."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(300)]


def test_a_run_that_is_stopped_takes_its_system_and_its_disk_with_it(tmp_path: Path) -> None:
    """SIGTERM while the system starts: exit code 130, no process of its own is left, and nothing is mounted."""
    options = ["--minutes", "1", "--nemeses", "disk-full", "--no-toxiproxy", "--folder", str(tmp_path)]
    command = [sys.executable, "-m", "tidings", "chaos", *options]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as run:
        log = tmp_path / "system" / "state" / "logs" / "kafka.log"
        until(log.exists, run, f"no {log}")
        until(lambda: of_this_run(tmp_path), run, "no process of the run's system")
        run.send_signal(signal.SIGTERM)
        _, told = run.communicate(timeout=120)
    assert run.returncode == 130, told
    assert "stopped" in told
    assert of_this_run(tmp_path) == []
    assert str(tmp_path) not in Path("/proc/mounts").read_text()


def until(look: Callable[[], object], run: subprocess.Popen[str], missing: str) -> None:
    """Waits for what the run makes."""
    deadline = time.monotonic() + 120
    while not look():
        assert run.poll() is None, run.communicate()[1]
        assert time.monotonic() < deadline, missing
        time.sleep(0.05)


def of_this_run(folder: Path) -> list[str]:
    """Command lines of processes that work in the run's folder, but for the run's own."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        line = " ".join(process.info["cmdline"] or [])
        if str(folder / "system") in line:
            found.append(line)
    return found
