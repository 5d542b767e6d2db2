"""Supervision, with small real children: what is told, started again, and left behind (nothing)."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from tidings.local import paths, runfile
from tidings.local.errors import AlreadyRunning
from tidings.local.runstate import RunState

from tests.service.local.test_child import until

SLEEP = f"# {os.getpid()}\nprint('up', flush=True); import time; time.sleep(600)"
DEAF = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEP}"

Start = Callable[..., "Run"]


class Run:
    """The program of `little_run`, and what it printed."""

    def __init__(self, root: Path, **children: str) -> None:
        self.folders = paths.beneath(root)
        program = [sys.executable, "-m", "tests.service.local.little_run", str(root)]
        self._output = root / "output"
        with self._output.open("w") as output:
            self.process = subprocess.Popen(
                [*program, *(f"{name}={code}" for name, code in children.items())],
                stdout=output,
                stderr=output,
                cwd=Path(__file__).parents[3],
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
                start_new_session=True,
            )

    @property
    def output(self) -> str:
        return self._output.read_text()

    @property
    def state(self) -> RunState:
        state = runfile.read(self.folders)
        assert state is not None
        return state

    def pid(self, name: str) -> int:
        return self.state.services[name].pid

    def until_says(self, text: str) -> None:
        until(lambda: text in self.output or self.process.poll() is not None)
        assert text in self.output, self.output

    def end(self, number: signal.Signals = signal.SIGINT) -> int:
        self.process.send_signal(number)
        return self.process.wait(20)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a run; what is left of it is killed at the end of the test."""
    runs: list[Run] = []

    def one(**children: str) -> Run:
        runs.append(Run(tmp_path, **children))
        return runs[-1]

    yield one
    for run in runs:
        run.process.kill()
        run.process.wait()


def until_there(path: Path) -> str:
    """A child's code: it is up until the file is there."""
    return (
        f"import pathlib, time; path = pathlib.Path({str(path)!r}); print('up', flush=True)\n"
        "while not path.exists(): time.sleep(0.01)\n"
        "pass"
    )


def gone(*pids: int) -> bool:
    return not any(psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE for pid in pids)


def test_ctrl_c_leaves_nothing_behind(start: Start) -> None:
    """All children end, the run file is gone, and the exit code is 0."""
    run = start(a=SLEEP, b=SLEEP)
    run.until_says("live")
    pids = [run.pid("a"), run.pid("b")]
    assert run.end() == 0
    assert gone(*pids)
    assert runfile.read(run.folders) is None
    assert "over, lived: True" in run.output


def test_stops_in_reverse_order(start: Start, tmp_path: Path) -> None:
    """Who was started last, and may depend on the others, ends first."""
    order = tmp_path / "order"
    told = (
        "import signal, sys; signal.signal(signal.SIGTERM, lambda *_: "
        f"(print('{{name}}', file=open('{order}', 'a')), sys.exit(0))); {SLEEP}"
    )
    run = start(kafka=told.format(name="kafka"), gateway=told.format(name="gateway"))
    run.until_says("live")
    run.end(signal.SIGTERM)
    assert order.read_text().split() == ["gateway", "kafka"]


def test_killed_child_is_told_and_started_again(start: Start) -> None:
    """One sentence with the signal and the log; the run file has the new pid and counts the restart."""
    run = start(gateway=SLEEP)
    run.until_says("live")
    before = run.pid("gateway")
    os.kill(before, signal.SIGKILL)
    run.until_says("gateway ended unexpectedly (signal SIGKILL); starting it again in 1 s (log: ")
    until(lambda: run.state.services["gateway"].restarts == 1)
    assert run.pid("gateway") != before
    assert run.state.services["gateway"].state == "running"
    assert psutil.pid_exists(run.pid("gateway"))


def test_child_that_asks_is_started_again_at_once(start: Start, tmp_path: Path) -> None:
    """Exit code 75 is a wish, not a fault."""
    wish = tmp_path / "wish"
    run = start(processors=f"{until_there(wish)}; path.unlink(); import sys; sys.exit(75)")
    run.until_says("live")
    wish.touch()
    run.until_says("processors asked to be started again; starting it again now")
    until(lambda: run.state.services["processors"].restarts == 1)


def test_child_that_asks_before_it_is_ready(start: Start, tmp_path: Path) -> None:
    """Exit code 75 does not fail the start either: the next child comes up."""
    asked = tmp_path / "asked"
    once = (
        f"import pathlib, sys; path = pathlib.Path({str(asked)!r})\nif not path.exists(): path.touch(); sys.exit(75)\n"
    )
    run = start(kafka=SLEEP, processors=once + SLEEP)
    run.until_says("live")
    assert "processors asked to be started again; starting it again now" in run.output
    assert run.state.services["processors"].restarts == 1
    assert psutil.pid_exists(run.pid("processors"))


def test_source_that_ends_is_left_alone(start: Start, tmp_path: Path) -> None:
    """A finite child with code 0 has come to its end; the others go on."""
    end = tmp_path / "end"
    run = start(a=SLEEP, finite=until_there(end))
    run.until_says("live")
    end.touch()
    run.until_says("finite has come to its end.")
    assert run.state.services["finite"].state == "finished"
    assert run.process.poll() is None


def test_failed_start_stops_what_was_started(start: Start) -> None:
    """A child that dies before it is ready ends the start; its log is told, and the others are gone."""
    run = start(kafka=SLEEP, gateway="import sys; print('no such key'); sys.exit(3)")
    assert run.process.wait(20) == 1
    assert "✗ gateway" in run.output
    assert "error: gateway ended before it was ready (exit code 3)" in run.output
    assert "no such key" in run.output
    assert not [one for one in psutil.process_iter(["cmdline"]) if SLEEP in (one.info["cmdline"] or [])]


def test_ctrl_c_while_starting(start: Start) -> None:
    """A start that is stopped ends at once, without having lived."""
    run = start(a=SLEEP, never="import time; time.sleep(600)")
    run.until_says("✓ a")
    until(lambda: "never" in run.state.services)
    pids = [run.pid("a"), run.pid("never")]
    assert run.end() == 0
    assert "over, lived: False" in run.output
    assert gone(*pids)


def test_second_ctrl_c_does_not_wait(start: Start) -> None:
    """A child that ignores SIGTERM has five seconds of grace; asked twice, it is killed."""
    run = start(deaf=DEAF)
    run.until_says("live")
    run.process.send_signal(signal.SIGINT)
    until(lambda: run.state.phase == "stopping")
    run.process.send_signal(signal.SIGINT)
    run.process.wait(4)


def test_killed_supervisor_takes_its_children_along(start: Start) -> None:
    """After kill -9 nothing runs, its run file counts for nothing, and a new run may begin."""
    run = start(deaf=DEAF)
    run.until_says("live")
    pid = run.pid("deaf")
    run.end(signal.SIGKILL)
    until(lambda: gone(pid))
    assert runfile.read(run.folders) is None
    again = start(a=SLEEP)
    again.until_says("live")


def test_second_run_is_told_what_runs(start: Start) -> None:
    """The folders have one supervisor at a time; the error names its pid and its children."""
    run = start(kafka=SLEEP)
    run.until_says("live")
    with (
        pytest.raises(AlreadyRunning, match=rf"pid {run.process.pid}.*kafka \(pid {run.pid('kafka')}\)"),
        runfile.hold(run.folders, RunState(1, "", "")),
    ):
        pass
