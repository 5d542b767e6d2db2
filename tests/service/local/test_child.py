"""Child processes: real ones, small."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from tidings.local.child import Child, exit_reason, rotate
from tidings.local.errors import NotReady, ServiceDied
from tidings.local.service import Service, wait_ready

SLEEP = (sys.executable, "-c", "import time; print('up', flush=True); time.sleep(600)")
DEAF = (
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)",
)
PARENT = """
import subprocess, sys
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print("up", flush=True)
import time; time.sleep(600)
"""


def until(condition: Callable[[], bool], within: float = 10) -> None:
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        time.sleep(0.01)


def started(command: tuple[str, ...], folder: Path) -> Child:
    child = Child.start("it", command, folder / "it.log")
    until(lambda: "up" in child.tail())
    return child


def test_stop_asks_first(tmp_path: Path) -> None:
    """A child that heeds SIGTERM ends by it."""
    child = started(SLEEP, tmp_path)
    assert child.stop(grace=10) == -signal.SIGTERM
    assert exit_reason(-signal.SIGTERM) == "signal SIGTERM"


def test_stop_insists(tmp_path: Path) -> None:
    """A child that ignores SIGTERM is killed when its grace is over."""
    assert started(DEAF, tmp_path).stop(grace=0.1) == -signal.SIGKILL


def test_stop_takes_the_whole_group(tmp_path: Path) -> None:
    """What the child itself started does not stay behind."""
    child = started((sys.executable, "-c", PARENT), tmp_path)
    (grandchild,) = psutil.Process(child.pid).children()
    child.stop(grace=10)
    until(lambda: not grandchild.is_running() or grandchild.status() == psutil.STATUS_ZOMBIE)


def test_child_dies_with_a_killed_parent(tmp_path: Path) -> None:
    """kill -9 of the parent leaves no child, even one that ignores SIGTERM."""
    program = (
        "import sys; from pathlib import Path; from tidings.local.child import Child; import time\n"
        "print(Child.start('it', sys.argv[2:], Path(sys.argv[1]) / 'it.log').pid, flush=True); time.sleep(600)"
    )
    parent = subprocess.Popen([sys.executable, "-c", program, str(tmp_path), *DEAF], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    until(lambda: "up" in (tmp_path / "it.log").read_text())
    parent.kill()
    parent.communicate()
    until(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)


def test_children_of_short_lived_threads_live_on(tmp_path: Path) -> None:
    """The thread that asked for a child may end without taking the child along."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        child = pool.submit(started, SLEEP, tmp_path).result()
    until(lambda: psutil.Process(child.pid).cmdline()[-2:] == list(SLEEP[-2:]))
    assert child.poll() is None
    child.stop(grace=10)


def test_logs_of_earlier_starts_are_kept(tmp_path: Path) -> None:
    """A start moves the log on; the oldest of three is dropped."""
    log = tmp_path / "it.log"
    for text in "abcde":
        rotate(log)
        log.write_text(text)
    assert [path.read_text() for path in sorted(tmp_path.iterdir())] == ["e", "d", "c", "b"]


def test_child_that_ends_early_is_told_with_its_log(tmp_path: Path) -> None:
    """The error holds the exit code, the log's place and its last lines."""
    command = (sys.executable, "-c", "print('the disk is on fire'); raise SystemExit(7)")
    service = Service("it", command, tmp_path / "it.log", ready=lambda: False)
    with pytest.raises(ServiceDied, match=r"(?s)it ended before it was ready \(exit code 7\).*the disk is on fire"):
        wait_ready(service, service.start())


def test_child_that_never_answers_is_told(tmp_path: Path) -> None:
    """After its time, the error says where to look."""
    service = Service("it", SLEEP, tmp_path / "it.log", ready=lambda: False, ready_within=0.1)
    child = service.start()
    with pytest.raises(NotReady, match=r"it runs but did not answer within 0 s: see .*it\.log"):
        wait_ready(service, child)
    child.stop(grace=10)


def test_child_reads_its_own_environment(tmp_path: Path) -> None:
    """Variables are added to the parent's, not put in their place."""
    command = (sys.executable, "-c", "import os; print('up', os.environ['OWN'], os.environ['PATH'] != '')")
    child = Child.start("it", command, tmp_path / "it.log", env={"OWN": "yes"})
    child.wait()
    assert child.tail() == "up yes True"
    assert "OWN" not in os.environ
