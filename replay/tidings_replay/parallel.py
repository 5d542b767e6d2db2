"""Shell: several processes, each with partitions of its own and files of its own."""

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from tidings_schemas.settings import Settings

from .core.plan import Range
from .core.process import Tally
from .job import Job
from .outputs import kind_of
from .request import Request
from .session import Outcome, Progress

_WORTH = 200_000  # offsets: below it, starting processes costs more than they bring


def share(ranges: tuple[Range, ...], workers: int) -> list[tuple[Range, ...]]:
    """The ranges in `workers` groups of about the same size, the largest first (longest processing time)."""
    groups: list[list[Range]] = [[] for _ in range(workers)]
    for one in sorted(ranges, key=lambda r: -r.size):
        min(groups, key=lambda g: sum(r.size for r in g)).append(one)
    return [tuple(sorted(g, key=lambda r: (r.topic, r.partition))) for g in groups if g]


def workers_for(request: Request, ranges: tuple[Range, ...]) -> int:
    """How many processes: as asked, else one a core where the output is folders and there is enough to do."""
    if kind_of(request) != "folders" or request.limit is not None or request.follow or request.speed != "max":
        return 1
    if request.processes:
        return min(request.processes, len(ranges))
    enough = sum(r.size for r in ranges) >= _WORTH
    return min(os.cpu_count() or 1, len(ranges)) if enough else 1


class Fleet:
    """Runs a job in several processes. `stop` and `run` are those of `Session`."""

    def __init__(
        self, job: Job, settings: Settings, workers: int, progress: Progress, told: Callable[[str], None]
    ) -> None:
        self._context = multiprocessing.get_context("spawn")
        self._stop = self._context.Event()
        self._jobs = [replace(job, ranges=r, worker=n) for n, r in enumerate(share(job.ranges, workers))]
        self._settings, self._progress, self._told = settings, progress, told

    def stop(self) -> None:
        """Ends every process with whole files."""
        self._stop.set()

    def run(self, metadata: Mapping[str, str]) -> Outcome:
        """Replays; the outcome is the sum. See `Session` for what it raises; the first error ends all."""
        pipes: dict[Connection[Any, Any], Any] = {}
        with _deaf():
            for job in self._jobs:
                ours, theirs = self._context.Pipe(duplex=False)
                arguments = (job, self._settings, dict(metadata), theirs, self._stop)
                process = self._context.Process(target=_work, args=arguments)
                process.start()
                theirs.close()
                pipes[ours] = process
        try:
            return self._whole(self._gather(list(pipes)))
        finally:
            self._stop.set()
            for process in pipes.values():
                process.join()

    def _gather(self, pipes: list["Connection[Any, Any]"]) -> list[Outcome | BaseException]:
        """What became of each; the first trouble ends the others in order."""
        counts = dict.fromkeys(pipes, (0, 0))
        ended: list[Outcome | BaseException] = []
        while counts:
            for pipe in [p for p in counts if p in wait(list(counts))]:
                message = _receive(pipe)
                if isinstance(message, Outcome | BaseException):
                    ended.append(message)
                    del counts[pipe]
                    if not isinstance(message, Outcome) or message.trouble:
                        self._stop.set()
                elif isinstance(message, str):
                    self._told(message)
                else:
                    counts[pipe] = message
            through = [(o.tally.read, o.tally.kept) for o in ended if isinstance(o, Outcome)]
            totals = [*counts.values(), *through]
            self._progress(sum(read for read, _ in totals), sum(kept for _, kept in totals))
        return ended

    def _whole(self, ended: list[Outcome | BaseException]) -> Outcome:
        """The sum; an error takes with it what the others have written, since it says to start again."""
        outcomes = [one for one in ended if isinstance(one, Outcome)]
        error = next((one for one in ended if isinstance(one, BaseException)), None)
        if error is None:
            return _sum(outcomes)
        for file in (file for outcome in outcomes for file in outcome.files):
            Path(file).unlink(missing_ok=True)
        raise error


@contextmanager
def _deaf() -> Iterator[None]:
    """Processes that start within never hear Ctrl-C, not even while they import; this one hears it afterwards."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _receive(pipe: "Connection[Any, Any]") -> Any:
    try:
        return pipe.recv()
    except EOFError:
        return RuntimeError("a worker process was killed; start the replay again")


def _work(job: Job, settings: Settings, metadata: dict[str, str], pipe: "Connection[Any, Any]", stop: Any) -> None:
    """A worker's life. Ctrl-C goes to the parent alone, which says when to stop."""
    try:

        def progress(read: int, kept: int) -> None:
            pipe.send((read, kept))
            if stop.is_set():
                session.stop()

        session = job.session(settings, _seldom(progress), pipe.send)
        pipe.send(session.run(metadata))
    except BaseException as error:
        pipe.send(error)
    finally:
        pipe.close()


def _seldom(progress: Progress, every: int = 5) -> Progress:
    calls = 0

    def passed(read: int, kept: int) -> None:
        nonlocal calls
        calls += 1
        if calls % every == 0:
            progress(read, kept)

    return passed


def _sum(outcomes: list[Outcome]) -> Outcome:
    tally = Tally()
    for outcome in outcomes:
        tally.read += outcome.tally.read
        tally.kept += outcome.tally.kept
        tally.undecodable += outcome.tally.undecodable
        tally.by_type += outcome.tally.by_type
    about = max((o.classification for o in outcomes), key=lambda c: len(c.fields))
    return Outcome(
        tally,
        tuple(r for o in outcomes for r in o.left),
        sorted(f for o in outcomes for f in o.files),
        tuple(sorted(side for o in outcomes for side in o.sides)),
        max(o.seconds for o in outcomes),
        sum(o.rows for o in outcomes),
        sum(o.condition_errors for o in outcomes),
        about,
        next((o.trouble for o in outcomes if o.trouble), None),
    )
