"""Shell: rows as they come, one after the other, for those who watch over HTTP: the reader in a thread, pulled at their
pace."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tidings_schemas.errors import RegistryUnavailable

from .core.merge import Merger, Place
from .core.plan import Range
from .core.process import Process
from .core.run import Run
from .core.times import latest
from .reader import Reader


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows, and the next offsets once they are out."""

    rows: list[dict[str, Any]]
    positions: dict[Place, int]


class Feed:
    """An iterator of batches; an empty batch now and then while nothing comes, so that the caller may look round.

    Args:
        merged: one order of time over all partitions.
        patience: seconds that the schema registry may be away.
    """

    def __init__(
        self, reader: Reader, process: Process, ranges: tuple[Range, ...], *, merged: bool, patience: float = 60.0
    ) -> None:
        self._reader, self._process, self._patience = reader, process, patience
        self._ranges = {(r.topic, r.partition): r for r in ranges}
        self._merger = Merger(self._ranges) if merged else None
        self._positions = {place: r.start for place, r in self._ranges.items()}

    def stop(self) -> None:
        """Ends it at the next batch; from any thread."""
        self._reader.stop()

    def __iter__(self) -> Iterator[Batch]:
        for run in self._reader.runs():
            yield self._batch(run)
        if self._merger is not None:
            yield self._merged(self._ranges.keys())

    def _batch(self, run: Run) -> Batch:
        table = self._table(run) if len(run) else None
        place = run.topic, run.partition
        if self._merger is not None:
            if len(run):
                self._merger.push(place, table, latest(run.timestamps))
            for other in self._reader.open:
                self._reader.pause(other, self._merger.full(other))
            return self._merged(self._ranges.keys() - self._reader.open)
        rows = table.to_pylist(maps_as_pydicts="lossy") if table is not None else []
        if len(run):
            self._positions[place] = run.offsets[-1] + 1
        return Batch(rows, dict(self._positions))

    def _merged(self, closed: Any) -> Batch:
        assert self._merger is not None
        for place in closed:
            self._merger.close(place)
        table = self._merger.ready()
        rows = table.to_pylist(maps_as_pydicts="lossy") if table is not None else []
        for row in rows:
            self._positions[row["_topic"], row["_partition"]] = row["_offset"] + 1
        return Batch(rows, dict(self._positions))

    def _table(self, run: Run) -> Any:
        wanted = self._ranges[run.topic, run.partition]
        until = time.monotonic() + self._patience
        while True:
            try:
                return self._process.run(run, wanted.from_ms, wanted.to_ms)[0]
            except RegistryUnavailable:
                if time.monotonic() > until:
                    raise
                time.sleep(0.5)
