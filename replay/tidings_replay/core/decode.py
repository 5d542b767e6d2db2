"""A run of raw records → segments of columns, one for each record type in it; what does not decode is set aside."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from tidings_schemas import framing
from tidings_schemas.catalogue import Catalogue, Schema
from tidings_schemas.codec import Schemas
from tidings_schemas.errors import Permanent, UndecodableValue, UnknownEventType

from .arrow import arrow_schema
from .fast import FastDecoder, Unsuited
from .rows import Shaper, decode_one
from .run import Failure, Run

_SMALL = 16  # below it, looking for the bad ones by halves costs more than decoding one by one
#: A tombstone's type: it deletes what its key had on a compacted topic.
TOMBSTONE = "tombstone"
#: The type of values that are not Avro, on topics such as `rules`.
TEXT = "text"


@dataclass(frozen=True, slots=True)
class Segment:
    """Rows of one record type: `rows` are their places in the run, ascending; `data` has as many rows.

    Attributes:
        schema: the Avro schema that `data` follows; None for tombstones and plain text.
    """

    name: str
    rows: Sequence[int]
    data: pa.RecordBatch
    schema: Schema | None


class Decoder:
    """Decodes values of any schema that `schemas` knows. Today's schema of the same name (from the catalogue) shapes
    old records too, as Avro's schema resolution has it.

    Args:
        plain: bare names of topics whose values are UTF-8 text.
    """

    def __init__(self, catalogue: Catalogue, schemas: Schemas, plain: frozenset[str] = frozenset({"rules"})) -> None:
        self.catalogue = catalogue
        self._schemas = schemas
        self._plain = plain
        self._ways: dict[int, _Way | Permanent] = {}

    def decode(self, run: Run) -> tuple[list[Segment], list[Failure]]:
        """Segments and failures; together they hold every record once.

        Raises:
            RegistryUnavailable: a schema is not known here and the registry does not answer; the same run may be tried
            again.
        """
        segments: list[Segment] = []
        failures: list[Failure] = []
        for prefix, rows in self._groups(run):
            if prefix is None:
                segments.append(Segment(TOMBSTONE, rows, _no_columns(len(rows)), None))
            elif run.topic in self._plain:
                segments.append(_plain_text(run, rows))
            else:
                self._decode_group(run, rows, segments, failures)
        return segments, failures

    def _groups(self, run: Run) -> Iterator[tuple[bytes | None, Sequence[int]]]:
        distinct = {None if v is None else v[: framing.SIZE] for v in run.values}
        if len(distinct) == 1:
            yield distinct.pop(), range(len(run))
            return
        groups: dict[bytes | None, list[int]] = {prefix: [] for prefix in distinct}
        for row, v in enumerate(run.values):
            groups[None if v is None else v[: framing.SIZE]].append(row)
        if run.topic in self._plain:
            yield None, groups.pop(None, [])
            yield b"", [row for row, value in enumerate(run.values) if value is not None]
            return
        yield from groups.items()

    def _decode_group(self, run: Run, rows: Sequence[int], segments: list[Segment], failures: list[Failure]) -> None:
        try:
            way = self._way(framing.schema_id_of(run.values[rows[0]]))
        except Permanent as error:
            failures.extend(_failure(run, row, error) for row in rows)
            return
        for part, batch in way.decode(run, rows, failures):
            if len(part):
                segments.append(Segment(way.target.name, part, batch, way.target))

    def _way(self, schema_id: int) -> "_Way":
        found = self._ways.get(schema_id)
        if found is None:
            try:
                writer = self._schemas.by_id(schema_id)
                target = find(self.catalogue, writer.name) or writer
                found = _Way(writer, target)
            except Permanent as error:
                found = error
            self._ways[schema_id] = found
        if isinstance(found, Permanent):
            raise found
        return found


def find(catalogue: Catalogue, name: str) -> Schema | None:
    """The catalogue's schema of that name, if it has one."""
    try:
        return catalogue[name]
    except UnknownEventType:
        return None


class _Way:
    """How values of one schema id are decoded: in columns if that can be, else record by record."""

    def __init__(self, writer: Schema, target: Schema) -> None:
        self.target = target
        self._writer = writer
        self._reader = None if writer.json == target.json else target.parsed
        self._schema = arrow_schema(target.json)
        self._shaper = Shaper(target.json, self._schema)
        self._fast: FastDecoder | None = None
        if self._reader is None:
            with contextlib.suppress(Unsuited):
                self._fast = FastDecoder(target.json, self._schema)

    def decode(
        self, run: Run, rows: Sequence[int], failures: list[Failure]
    ) -> Iterator[tuple[Sequence[int], pa.RecordBatch]]:
        """(rows, their columns) for what decodes; the rest goes to `failures`."""
        if self._fast is None or (len(rows) <= _SMALL and len(rows) < len(run)):
            yield self._one_by_one(run, rows, failures)
            return
        try:
            batch, whole = self._fast.decode(_pick(run.values, rows))
        except ValueError:
            if len(rows) <= _SMALL:
                yield self._one_by_one(run, rows, failures)
                return
            middle = len(rows) // 2
            yield from self.decode(run, rows[:middle], failures)
            yield from self.decode(run, rows[middle:], failures)
            return
        if pc.all(whole).as_py():
            yield rows, batch
            return
        kept, left = _split(rows, whole.to_pylist())
        failures.extend(_failure(run, row, UndecodableValue(f"{self.target.name}: bytes left over")) for row in left)
        yield kept, batch.filter(whole)

    def _one_by_one(
        self, run: Run, rows: Sequence[int], failures: list[Failure]
    ) -> tuple[Sequence[int], pa.RecordBatch]:
        kept, records = [], []
        for row in rows:
            value = run.values[row]
            assert value is not None
            try:
                records.append(decode_one(value, self._writer.name, self._writer.parsed, self._reader))
                kept.append(row)
            except UndecodableValue as error:
                failures.append(_failure(run, row, error))
        try:
            return kept, self._shaper.batch(records)
        except UndecodableValue:
            return self._those_with_room(run, kept, records, failures)

    def _those_with_room(
        self, run: Run, rows: list[int], records: list[dict[str, Any]], failures: list[Failure]
    ) -> tuple[Sequence[int], pa.RecordBatch]:
        """The rows whose records the columns can hold."""
        kept, fitting = [], []
        for row, record in zip(rows, records, strict=True):
            try:
                self._shaper.batch([record])
            except UndecodableValue as error:
                failures.append(_failure(run, row, error))
            else:
                kept.append(row)
                fitting.append(record)
        return kept, self._shaper.batch(fitting)


def _pick(values: list[Any], rows: Sequence[int]) -> list[Any]:
    return values if len(rows) == len(values) else [values[row] for row in rows]


def _split(rows: Sequence[int], whole: list[bool]) -> tuple[list[int], list[int]]:
    kept = [row for row, good in zip(rows, whole, strict=True) if good]
    return kept, [row for row, good in zip(rows, whole, strict=True) if not good]


def _failure(run: Run, row: int, error: Exception) -> Failure:
    where = run.topic, run.partition, run.offsets[row], run.timestamps[row]
    return Failure(*where, run.keys[row], run.values[row], type(error).__name__, str(error))


def _no_columns(rows: int) -> pa.RecordBatch:
    return pa.RecordBatch.from_struct_array(pa.array([{}] * rows, pa.struct([])))


def _plain_text(run: Run, rows: Sequence[int]) -> Segment:
    values = pa.array([(run.values[row] or b"").decode(errors="replace") for row in rows], pa.string())
    return Segment(TEXT, rows, pa.record_batch([values], names=["text"]), None)
