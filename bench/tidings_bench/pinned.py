"""Processes that are kept on one core, so that "a core" means one."""

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil
from tidings.local.child import Child


def on_core(core: int, command: Sequence[str]) -> list[str]:
    """The command line that runs it on this core; without `taskset` (not Linux) or the core it runs where it may."""
    taskset = shutil.which("taskset")
    return [taskset, "-c", str(core), *command] if taskset and core < (os.cpu_count() or 1) else [*command]


@contextmanager
def running(name: str, command: Sequence[str], folder: Path, env: Mapping[str, str], core: int) -> Iterator[Child]:
    """A pinned child process, gone at the end; this process moves to the other cores meanwhile."""
    mine = os.sched_getaffinity(0)
    child = Child.start(name, on_core(core, command), folder / f"{name}.log", dict(env), folder)
    os.sched_setaffinity(0, (mine - {core}) or mine)
    try:
        yield child
    finally:
        os.sched_setaffinity(0, mine)
        child.stop(15.0)


def process(child: Child) -> psutil.Process:
    """What measures it."""
    return psutil.Process(child.pid)
