"""Many schedules, on all cores: each by a number of its own, which replays it."""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from multiprocessing import get_context

from tidings_chaos.core.checker import check
from tidings_chaos.core.verdict import Verdict

from .bugs import BUGS
from .gateway import MARGIN
from .parts import Parts
from .simulation import Simulation
from .stages import stages

_CHUNK = 100
_SUMMED = ("events_ok", "seen", "resets", "connections", "repeats_in_the_log", "repeats_on_the_wire")


@dataclass
class Found:
    """What some schedules showed.

    Attributes:
        failures: schedule number → what was wrong, in words.
        figures: summed over all.
    """

    schedules: int = 0
    failures: dict[int, list[str]] = field(default_factory=dict)
    figures: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Found") -> None:
        """Takes what others found."""
        self.schedules += other.schedules
        self.failures |= other.failures
        self.figures.update(other.figures)


def one(number: int, parts: Parts | None = None) -> tuple[Simulation, Verdict]:
    """Runs one schedule; the same number does the same again."""
    simulation = Simulation(number, stages(), parts)
    verdict = check(simulation.run(), MARGIN)
    verdict.violations += simulation.ends()
    return simulation, verdict


def some(first: int, count: int, bug: str = "") -> Found:
    """Runs `count` schedules from number `first` on, with a bug of `BUGS` or none."""
    found = Found()
    parts = BUGS[bug][0] if bug else None
    for number in range(first, first + count):
        found.schedules += 1
        try:
            _, verdict = one(number, parts)
        except Exception as error:  # a schedule that cannot be run to its end has found something too
            found.failures[number] = [f"{type(error).__name__}: {error}"]
            continue
        found.figures.update({name: int(verdict.figures[name]) for name in _SUMMED})
        if not verdict.clean:
            found.failures[number] = [f"{v.invariant}: {v.text}" for v in verdict.violations]
    return found


def many(
    first: int,
    count: int,
    bug: str = "",
    jobs: int | None = None,
    tell: Callable[[int], None] = lambda done: None,
    chunk: int = _CHUNK,
) -> Found:
    """As `some`, on `jobs` processes (all cores by default), `chunk` at a time. `tell`: is told how many are done."""
    found = Found()
    chunks = [(at, min(chunk, first + count - at)) for at in range(first, first + count, chunk)]
    for part in _parts(chunks, bug, jobs or os.cpu_count() or 1):
        found.add(part)
        tell(found.schedules)
    found.failures = dict(sorted(found.failures.items()))
    return found


def _parts(chunks: Sequence[tuple[int, int]], bug: str, jobs: int) -> Iterator[Found]:
    if jobs == 1 or len(chunks) == 1:
        yield from (some(at, size, bug) for at, size in chunks)
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        for future in as_completed([pool.submit(some, at, size, bug) for at, size in chunks]):
            yield future.result()


def explained(number: int, bug: str = "") -> Mapping[str, list[str]]:
    """One schedule in words: its steps, its history, and what was wrong."""
    simulation, verdict = one(number, BUGS[bug][0] if bug else None)
    return {
        "steps": simulation.trace,
        "history": [repr(entry) for entry in simulation.history],
        "violations": [f"{v.invariant}: {v.text}" for v in verdict.violations],
    }
