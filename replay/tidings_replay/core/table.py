"""Segments of several record types → one table: the envelope's columns, then each type's fields, merged by name.

A name that two types give different meanings, a text here and a time there, is kept apart as `Type.field`. A column
that would clash with the envelope's keeps its field's name: the envelope's begin with `_`, and such a field gets a `_`
behind.
"""

from collections.abc import Sequence

import pyarrow as pa

from .decode import Segment
from .envelope import NAMES
from .envelope import SCHEMA as ENVELOPE


class Columns:
    """The columns of a whole output, wider as record types turn up; the types seen, by name."""

    def __init__(self) -> None:
        self._fields: dict[str, pa.Field] = {}
        self._names: dict[tuple[str, str], str] = {}
        self.data_schemas: dict[str, pa.Schema] = {}

    @property
    def schema(self) -> pa.Schema:
        """Envelope and every field so far."""
        return pa.schema([*ENVELOPE, *self._fields.values()])

    def learn(self, name: str, schema: pa.Schema) -> bool:
        """Takes in a record type; says whether the columns have changed."""
        if name in self.data_schemas:
            return False
        self.data_schemas[name] = schema
        before = len(self._fields)
        for field in schema:
            self._place(name, field)
        return len(self._fields) != before

    def _place(self, name: str, field: pa.Field) -> None:
        column = field.name + "_" if field.name in NAMES else field.name
        held = self._fields.get(column)
        if held is not None and held.type != field.type:
            column = f"{name.rpartition('.')[2]}.{field.name}"
        self._names[name, field.name] = column
        self._fields.setdefault(column, field.with_name(column).with_nullable(True))

    def arrange(self, segment_name: str, envelope: pa.RecordBatch, data: pa.RecordBatch) -> pa.RecordBatch:
        """One segment's rows in the columns so far; what its type lacks is null."""
        held = {self._names[segment_name, n]: c for n, c in zip(data.schema.names, data.columns, strict=True)}
        schema = self.schema
        rows = envelope.num_rows
        columns = [held[f.name] if f.name in held else pa.nulls(rows, f.type) for f in list(schema)[len(ENVELOPE) :]]
        return pa.RecordBatch.from_arrays([*envelope.columns, *columns], schema=schema)


def combine(columns: Columns, parts: Sequence[tuple[Segment, pa.RecordBatch]]) -> pa.Table:
    """The parts (segment, its rows of the envelope) as one table in the order of the run."""
    for segment, _ in parts:
        columns.learn(segment.name, segment.data.schema)
    arranged = [columns.arrange(segment.name, envelope, segment.data) for segment, envelope in parts]
    table = pa.Table.from_batches(arranged, columns.schema)
    if len(parts) < 2:
        return table
    places = [row for segment, _ in parts for row in segment.rows]
    order = sorted(range(len(places)), key=places.__getitem__)
    return table.take(pa.array(order, pa.int64()))
