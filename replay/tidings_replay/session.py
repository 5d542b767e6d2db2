"""Shell: one replay from plan to whole files: read, process, pace, write; count; say where it stopped."""

import gc
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
from tidings_schemas.errors import RegistryUnavailable, Transient

from .core.masking import Classification, classification
from .core.merge import Merger, Place
from .core.pacing import Pacer, parse_speed
from .core.plan import Range
from .core.process import Process, Tally
from .core.resume import advance
from .core.run import Run
from .core.times import latest
from .reader import Reader
from .request import Request
from .writers.base import Writer
from .writers.side import SideFile

Progress = Callable[[int, int], None]


@dataclass(slots=True)
class Outcome:
    """What a replay did.

    Attributes:
        left: what is still to be read; empty when it is through.
        files: where the rows are.
        sides: the files of undecodable records, if there were any.
        seconds: from the first read to the last file.
        rows: what is written; with a limit less than what was kept of what was read.
        trouble: why it ended before its time: Kafka, the registry or the sink did not come back.
    """

    tally: Tally
    left: tuple[Range, ...]
    files: list[str]
    sides: tuple[str, ...]
    seconds: float
    rows: int = 0
    condition_errors: int = 0
    classification: Classification = field(default_factory=lambda: Classification("public", ()))
    trouble: str | None = None


class Session:
    """Runs one replay in this process.

    Args:
        progress: called with (offsets read, rows kept) now and then.
        told: called with one sentence when something is waited for.

    Raises (from `run`):
        OSError: the disk is full, or the like; nothing half written is left.
        Refused: see `Reader`.
        Transient: Kafka, the registry (for `patience` seconds) or the sink was away before anything was written; where
            something was, the outcome has it, whole, and what is left.
    """

    def __init__(
        self,
        request: Request,
        ranges: tuple[Range, ...],
        reader: Reader,
        process: Process,
        writer: Writer,
        side: Path,
        *,
        progress: Progress = lambda _read, _kept: None,
        told: Callable[[str], None] = lambda _: None,
        patience: float = 120.0,
    ) -> None:
        self._request = request
        self._ranges = {(r.topic, r.partition): r for r in ranges}
        self._reader, self._process, self._writer = reader, process, writer
        self._side = SideFile(side)
        self._progress, self._told, self._patience = progress, told, patience
        self._pacer = Pacer(parse_speed(request.speed))
        self._merger = Merger(self._ranges) if _by_time(request) else None
        self._paced = request.speed != "max" and not request.follow
        self._stopped = False
        self._written: dict[Place, int] = {}

    def stop(self) -> None:
        """Ends the replay with whole files; may be called from a signal handler."""
        self._stopped = True
        self._reader.stop()

    def run(self, metadata: Mapping[str, str]) -> Outcome:
        """Replays to the end, the limit, or `stop`. See the class for what it raises."""
        began = time.monotonic()
        trouble = None
        try:
            try:
                with without_collector():
                    self._pump()
            except Transient as error:
                if not self._writer.rows:
                    raise
                self._stopped, trouble = True, str(error)
            about = classification(list(self._process.columns.data_schemas.values()), not self._request.personal)
            files = self._writer.close({**metadata, **about.metadata()})
        except BaseException:
            self._writer.abort()
            raise
        finally:
            self._side.close()
        return Outcome(
            self._process.tally,
            self._left(),
            files,
            (str(self._side.path),) if self._side.rows else (),
            time.monotonic() - began,
            self._writer.rows,
            self._process.condition_errors,
            about,
            trouble,
        )

    def _pump(self) -> None:
        for run in self._reader.runs():
            self._take(run)
            self._progress(self._process.tally.read, self._writer.rows)
            if self._stopped:
                return
        if self._merger and not self._stopped:
            self._emit_ready(self._ranges.keys())

    def _take(self, run: Run) -> None:
        place = run.topic, run.partition
        table = self._processed(run) if len(run) else None
        if self._merger is None:
            whole = True if table is None else self._emit(table)
            if len(run) and whole:
                self._written[place] = run.offsets[-1] + 1
            return
        if len(run):
            self._merger.push(place, table, latest(run.timestamps))
        self._emit_ready(self._ranges.keys() - self._reader.open)
        for other in self._reader.open:
            self._reader.pause(other, self._merger.full(other))

    def _emit_ready(self, closed: Iterable[Place]) -> None:
        assert self._merger is not None
        for place in closed:
            self._merger.close(place)
        if (table := self._merger.ready()) is not None:
            self._emit(table)

    def _processed(self, run: Run) -> pa.Table | None:
        wanted = self._ranges[run.topic, run.partition]
        for attempt in range(int(self._patience)):
            try:
                table, failures = self._process.run(run, wanted.from_ms, wanted.to_ms)
            except RegistryUnavailable as error:
                if attempt == 0:
                    self._told(f"{error}; waiting for it")
                time.sleep(1)
                continue
            self._side.write(failures)
            return table
        raise RegistryUnavailable("the schema registry did not come back")

    def _emit(self, table: pa.Table) -> bool:
        """Writes it, in its time; says whether all of it."""
        limit, rows = self._request.limit, table.num_rows
        if limit is not None and self._writer.rows + rows >= limit:
            table = table.slice(0, limit - self._writer.rows)
            self.stop()
        if not self._paced:
            self._write(table)
            if table.num_rows < rows:
                self._note(table)
            return bool(table.num_rows == rows)
        return self._emit_paced(table)

    def _emit_paced(self, table: pa.Table) -> bool:
        at = 0
        for row, stamp in enumerate(table.column("_timestamp").cast(pa.int64()).to_pylist()):
            pause = 0.0 if stamp is None else self._pacer.delay(stamp / 1000, time.monotonic())
            if pause > 0.002:
                self._write(table.slice(at, row - at))
                at = row
                if not self._wait(pause):
                    return False
        self._write(table.slice(at))
        return True

    def _wait(self, pause: float) -> bool:
        """Sleeps in steps, so that Ctrl-C is heard; False = stop."""
        until = time.monotonic() + pause
        while not self._stopped and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, 0.2))
            self._progress(self._process.tally.read, self._writer.rows)
        return not self._stopped

    def _write(self, table: pa.Table) -> None:
        if not table.num_rows:
            return
        before = self._writer.rows
        try:
            self._writer.write(table)
        except Transient:
            self._note(table.slice(0, self._writer.rows - before))
            raise
        if self._merger is not None:
            self._note(table)

    def _note(self, table: pa.Table) -> None:
        """These rows are out."""
        places = zip(*(table.column(n).to_pylist() for n in ("_topic", "_partition", "_offset")), strict=True)
        for topic, partition, offset in places:
            self._written[topic, partition] = offset + 1

    def _left(self) -> tuple[Range, ...]:
        """What a resumed replay must still read. Offsets that were read and filtered out count as done only where that
        is sure."""
        if not self._stopped:
            return ()
        done = dict(self._written)
        if self._merger is None:
            read = self._reader.positions
            through = [
                p for p in self._ranges.keys() - self._reader.open if done.get(p, self._ranges[p].start) >= read[p]
            ]
            done |= {place: self._ranges[place].stop for place in through}
        return advance(tuple(self._ranges.values()), done)


@contextmanager
def without_collector() -> Iterator[None]:
    """Python's cycle collector would walk every waiting record again and again, and nothing here makes cycles."""
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()


def _by_time(request: Request) -> bool:
    """Those who watch want one order of time; bulk goes partition by partition."""
    return not request.follow and (request.ordered or request.speed != "max" or request.limit is not None)
