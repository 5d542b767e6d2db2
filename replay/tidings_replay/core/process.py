"""One run of raw records → one table: filter, decode, filter, mask, arrange."""

from collections import Counter
from dataclasses import dataclass, field, replace

import pyarrow as pa

from .decode import Decoder, Segment
from .envelope import envelope
from .masking import Mask, may_hold_personal
from .run import Failure, Run
from .table import Columns, combine
from .where import Filter


@dataclass(slots=True)
class Tally:
    """What became of the records, counted."""

    read: int = 0
    kept: int = 0
    undecodable: int = 0
    by_type: Counter[str] = field(default_factory=Counter)


class Process:
    """The pure middle of a replay. `columns` grows as record types turn up.

    Args:
        mask: None = personal data stays in clear.
        raw: also give the original key, value and headers, as `__key`, `__value`, `__headers`.
    """

    def __init__(self, decoder: Decoder, wanted: Filter, mask: Mask | None, *, raw: bool = False) -> None:
        self._decoder = decoder
        self._filter = wanted
        self._mask = mask
        self._raw = raw
        self._withheld: dict[str, bool] = {}
        self.columns = Columns()
        self.tally = Tally()

    @property
    def condition_errors(self) -> int:
        """For how many rows `--where` failed, because their type lacks a field for example."""
        return self._filter.where.errors if self._filter.where else 0

    def run(
        self, run: Run, from_ms: int | None = None, to_ms: int | None = None
    ) -> tuple[pa.Table | None, list[Failure]]:
        """(the rows that are kept, in offset order, or None; the records that did not decode).

        Raises:
            RegistryUnavailable: nothing was counted; the same run may be given again.
        """
        wanted = self._filter.before(run, from_ms, to_ms)
        if not len(wanted):
            self.tally.read += len(run)
            return None, []
        segments, failures = self._decoder.decode(wanted)
        failures = self._shown(run.topic, failures)
        around = envelope(wanted)
        parts = [part for segment in segments if (part := self._part(wanted, segment, around))]
        self.tally.read += len(run)
        self.tally.undecodable += len(failures)
        self.tally.kept += sum(len(segment.rows) for segment, _ in parts)
        if not parts:
            return None, failures
        table = combine(self.columns, parts)
        return (_with_raw(table, wanted, parts) if self._raw else table), failures

    def _part(self, run: Run, segment: Segment, around: pa.RecordBatch) -> tuple[Segment, pa.RecordBatch] | None:
        rows = around if len(segment.rows) == around.num_rows else around.take(list(segment.rows))
        rows = _typed(rows, segment.name)
        data = segment.data
        if self._mask and self._filter.blind:
            rows, data = self._masked(run.topic, rows, data)
        keep = self._filter.after(segment.name, rows, data)
        places = segment.rows
        if keep is not None and not all(keep):
            mask = pa.array(keep, pa.bool_())
            rows, data = rows.filter(mask), data.filter(mask)
            places = [row for row, kept in zip(places, keep, strict=True) if kept]
            if not places:
                return None
        self.tally.by_type[segment.name] += len(places)
        if self._mask and not self._filter.blind:
            rows, data = self._masked(run.topic, rows, data)
        return Segment(segment.name, places, data, segment.schema), rows

    def _masked(self, topic: str, rows: pa.RecordBatch, data: pa.RecordBatch) -> tuple[pa.RecordBatch, pa.RecordBatch]:
        assert self._mask is not None
        return self._mask.envelope(topic, rows, data), self._mask.data(data)

    def _shown(self, topic: str, failures: list[Failure]) -> list[Failure]:
        """Bytes that cannot be decoded cannot be masked either: they are left out where they may be personal."""
        if self._mask is None or not failures:
            return failures
        if topic not in self._withheld:
            self._withheld[topic] = may_hold_personal(topic, self._decoder.catalogue)
        if not self._withheld[topic]:
            return failures
        return [replace(failure, key=None, value=None, withheld=True) for failure in failures]


_RAW_HEADERS = pa.list_(pa.struct([("name", pa.string()), ("value", pa.binary())]))


def _with_raw(table: pa.Table, run: Run, parts: list[tuple[Segment, pa.RecordBatch]]) -> pa.Table:
    places = sorted(row for segment, _ in parts for row in segment.rows)
    headers = [[{"name": n, "value": v} for n, v in run.headers[row] or ()] for row in places]
    table = table.append_column("__key", pa.array([run.keys[row] for row in places], pa.binary()))
    table = table.append_column("__value", pa.array([run.values[row] for row in places], pa.binary()))
    return table.append_column("__headers", pa.array(headers, _RAW_HEADERS))


def _typed(envelope: pa.RecordBatch, name: str) -> pa.RecordBatch:
    """`_type` where no header said it: the record's own name."""
    at = envelope.schema.get_field_index("_type")
    column = envelope.column(at)
    if column.null_count == 0:
        return envelope
    return envelope.set_column(at, envelope.schema.field(at), column.fill_null(name))
