"""Worker processes that are killed, frozen, stopped and asked, through Faust's own command line."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.service.transport.conftest import Place
from tests.service.transport.harness import until
from tests.stopwatch import Stopwatch

pytestmark = pytest.mark.kafka
Make = Callable[[int], Place]


class Process:
    """`worker_app.py` with one Faust command, its notes and its log."""

    def __init__(self, here: Place, folder: Path, name: str, *command: str, delay: float, **settings: Any) -> None:
        self.notes, self.log = folder / f"{name}.notes", folder / f"{name}.log"
        self.notes.touch()
        environ = {
            **os.environ,
            "SERVERS": here.broker.servers,
            "GROUP": here.group,
            "TOPIC": here.topic,
            "NOTES": str(self.notes),
            "DELAY": str(delay),
            "SETTINGS": json.dumps(settings),
        }
        arguments = [sys.executable, "-m", "tests.service.transport.worker_app", *command]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(arguments, env=environ, stdout=log, stderr=subprocess.STDOUT)

    def records(self) -> list[tuple[int, int]]:
        lines = self.notes.read_text().splitlines()
        return [(int(partition), int(offset)) for partition, offset in (line.split() for line in lines)]

    def said(self, text: str) -> bool:
        return text in self.log.read_text(errors="replace")

    def send(self, what: signal.Signals) -> None:
        self.process.send_signal(what)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Process]]:
    """Starts processes, and ends those that the test leaves."""
    started: list[Process] = []

    def make(here: Place, *command: str, delay: float = 0, **settings: Any) -> Process:
        arguments = command or ("worker", "--without-web", "-l", "info")
        started.append(Process(here, tmp_path, f"w{len(started)}", *arguments, delay=delay, **settings))
        return started[-1]

    yield make
    for one in started:
        one.process.kill()
        one.process.wait()


Start = Callable[..., Process]


def seen(*processes: Process) -> Counter[tuple[int, int]]:
    return Counter(record for process in processes for record in process.records())


def everything(partitions: int, count: int) -> set[tuple[int, int]]:
    return {(partition, offset) for partition in range(partitions) for offset in range(count)}


async def test_kill_9_loses_nothing(place: Make, start: Start) -> None:
    """Killed again and again in the middle of its work, the next worker goes on; every record is noted."""
    here, count = place(2), 3_000
    here.fill(count)
    workers: list[Process] = []
    for target in (500, 1_500, 3_000):
        worker = start(here, delay=0.01, max_run=20, session_timeout=6.0)
        workers.append(worker)
        await until(lambda target=target: len(seen(*workers)) >= target, f"{target} records noted")
        worker.send(signal.SIGKILL)
        worker.process.wait()
        assert all(
            offset is None or {(partition, one) for one in range(offset)} <= seen(*workers).keys()
            for partition, offset in enumerate(here.committed())
        ), "something was committed that nobody had noted"
    workers.append(start(here, session_timeout=6.0))
    await until(lambda: seen(*workers).keys() == everything(2, count), "all records noted")


async def test_a_zombie_commits_nothing(place: Make, start: Start) -> None:
    """Frozen beyond its session, a worker wakes up as a stranger: others have its work, and nothing is lost."""
    here, count = place(2), 400
    here.fill(count)
    zombie = start(here, delay=0.1, max_run=10, session_timeout=6.0)
    await until(lambda: len(zombie.records()) >= 40, "the zombie-to-be at work")
    zombie.send(signal.SIGSTOP)
    other = start(here, session_timeout=6.0)
    await until(lambda: seen(zombie, other).keys() == everything(2, count), "the other has taken over")
    await until(lambda: here.committed() == [count, count], "its commit")
    zombie.send(signal.SIGCONT)
    await until(lambda: zombie.said("Lost") and here.broker.members(here.group) == 2, "the zombie comes back")
    assert here.committed() == [count, count], "the zombie has set the group back"
    here.fill(100)
    await until(lambda: seen(zombie, other).keys() == everything(2, count + 100), "the new records noted")
    await until(lambda: here.committed() == [count + 100] * 2, "the last commit")
    doubled = sum(seen(zombie, other).values()) - 2 * (count + 100)
    assert doubled <= 60, "more was doubled than the zombie can have had at work"


async def test_sigterm_stops_quickly_and_cleanly(place: Make, start: Start) -> None:
    """Under load: within 3 s, with exit code 0, its work committed, and the group left at once."""
    here = place(2)
    here.fill(20_000)
    worker = start(here, delay=0.05, max_run=100)
    await until(lambda: len(worker.records()) >= 500, "the worker at work")
    with Stopwatch() as end:
        worker.send(signal.SIGTERM)
        assert await asyncio.to_thread(worker.process.wait, 30) == 0
    assert end.took_less_than(3), end
    assert here.broker.members(here.group) == 0
    done = Counter(partition for partition, _ in worker.records())
    assert here.committed() == [done.get(0), done.get(1)]


async def test_sigterm_does_not_wait_for_a_run_that_hangs(place: Make, start: Start) -> None:
    """A run that does not end delays the exit by `stop_timeout` and no more, and is not committed."""
    here = place(1)
    here.fill(10)
    worker = start(here, delay=60, stop_timeout=0.5)
    await until(lambda: worker.said("Worker ready") and here.broker.members(here.group) == 1, "the worker is ready")
    with Stopwatch() as end:
        worker.send(signal.SIGTERM)
        assert await asyncio.to_thread(worker.process.wait, 30) == 0
    assert end.took_less_than(3), end
    assert here.committed() == [None]


async def test_a_fenced_worker_process_ends(place: Make, start: Start) -> None:
    """A fatal error of librdkafka is a non-zero exit code, so that a supervisor notices."""
    here = place(1)
    static = {"group.instance.id": "the-one"}
    first = start(here, extra=static)
    await until(lambda: here.broker.members(here.group) == 1 and first.said("Worker ready"), "the first is ready")
    start(here, extra=static)
    assert await asyncio.to_thread(first.process.wait, 30) == 1
    assert first.said("fenced")


async def test_faust_commands_stay_in_use(place: Make, start: Start) -> None:
    """`agents` lists the agents of an app with this transport."""
    listing = start(place(1), "agents")
    assert await asyncio.to_thread(listing.process.wait, 30) == 0
    assert listing.said("note")
