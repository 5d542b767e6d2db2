"""Steps of a start, each begun as soon as those it needs are done, side by side.

An observer is told what happens, from several threads; a display is one, the run file another.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from threading import Event
from typing import Protocol

from tidings.local.errors import Cancelled

#: Called with what is done and what there is to do, in bytes.
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do.

    Attributes:
        name: unique among the steps.
        run: does it, and returns what is worth saying about it in a few words, or "".
        needs: names of the steps that must be done before.
    """

    name: str
    run: Callable[[Progress], str]
    needs: tuple[str, ...] = ()


class Observer(Protocol):
    """Whoever wants to know how the steps go. Called from the steps' threads."""

    def started(self, name: str) -> None: ...

    def progress(self, name: str, done: int, total: int) -> None: ...

    def finished(self, name: str, seconds: float, note: str) -> None: ...

    def failed(self, name: str, seconds: float, error: BaseException) -> None: ...


@dataclass(frozen=True, slots=True)
class Observers:
    """Tells several observers, in turn."""

    each: tuple[Observer, ...]

    def started(self, name: str) -> None:
        for one in self.each:
            one.started(name)

    def progress(self, name: str, done: int, total: int) -> None:
        for one in self.each:
            one.progress(name, done, total)

    def finished(self, name: str, seconds: float, note: str) -> None:
        for one in self.each:
            one.finished(name, seconds, note)

    def failed(self, name: str, seconds: float, error: BaseException) -> None:
        for one in self.each:
            one.failed(name, seconds, error)


def ready(steps: Iterable[Step], begun: set[str], done: set[str]) -> list[Step]:
    """The steps that can begin now, in their order."""
    return [step for step in steps if step.name not in begun and done.issuperset(step.needs)]


def run(steps: Sequence[Step], observer: Observer, cancel: Event) -> None:
    """Do all steps. After a failure, or when `cancel` is set, no further one begins; a failure sets `cancel`.

    Raises:
        Exception: the first error, once no step runs any more.
        ValueError: a step needs one that there is not, or two need each other.
    """
    first: BaseException | None = None
    done: set[str] = set()
    running: dict[Future[None], Step] = {}
    with ThreadPoolExecutor(max(1, len(steps))) as pool:
        while True:
            if not cancel.is_set():
                begun = done | {step.name for step in running.values()}
                running |= {pool.submit(_observed, step, observer): step for step in ready(steps, begun, done)}
            if not running:
                break
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                done.add(running.pop(future).name)
                if error := future.exception():
                    first = first or error
                    cancel.set()
    if first:
        raise first
    _check_complete(steps, done, cancel)


def _check_complete(steps: Sequence[Step], done: set[str], cancel: Event) -> None:
    left = [step.name for step in steps if step.name not in done]
    if left and cancel.is_set():
        raise Cancelled("Stopped while starting.")
    if left:
        raise ValueError(f"steps that can never begin: {', '.join(left)}")


def _observed(step: Step, observer: Observer) -> None:
    begin = time.monotonic()
    observer.started(step.name)
    try:
        note = step.run(lambda done, total: observer.progress(step.name, done, total))
    except BaseException as error:
        observer.failed(step.name, time.monotonic() - begin, error)
        raise
    observer.finished(step.name, time.monotonic() - begin, note)
