"""What surrounds a record, as columns: where it lies, its key, and the CloudEvents attributes of its headers.

What a header does not say comes from where the record lies, by the same rules as `tidings_schemas.cloudevents`.
"""

import base64
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from tidings_schemas.cloudevents import subject_of

from .headers import Column, Headers, Pairs, Same
from .run import Run
from .times import all_fit, stamps

SCHEMA = pa.schema(
    [
        pa.field("_topic", pa.string(), metadata={"doc": "Kafka topic, without the namespace."}),
        pa.field("_partition", pa.int32(), metadata={"doc": "Kafka partition."}),
        pa.field("_offset", pa.int64(), metadata={"doc": "Kafka offset."}),
        pa.field(
            "_timestamp",
            pa.timestamp("ms", "UTC"),
            metadata={"doc": "Kafka's timestamp of it, if a time."},
        ),
        pa.field("_key", pa.string(), metadata={"doc": "Kafka key; base64:… if it is not UTF-8."}),
        pa.field("_id", pa.string(), metadata={"doc": "CloudEvents id, or topic:partition:offset."}),
        pa.field("_source", pa.string(), metadata={"doc": "CloudEvents source, or kafka:<topic>."}),
        pa.field("_type", pa.string(), metadata={"doc": "CloudEvents type, or the Avro record's full name."}),
        pa.field("_subject", pa.string(), metadata={"doc": "CloudEvents subject, or the key if it is printable text."}),
        pa.field(
            "_time",
            pa.timestamp("us", "UTC"),
            metadata={"doc": "When it happened, or Kafka's timestamp."},
        ),
        pa.field("_headers", pa.map_(pa.string(), pa.string()), metadata={"doc": "The record's other headers."}),
    ]
)
NAMES = frozenset(SCHEMA.names)
_ATTRIBUTES = ("ce_id", "ce_source", "ce_type", "ce_subject", "ce_time")
_SPOKEN_FOR = frozenset((*_ATTRIBUTES, "ce_specversion", "content-type"))


def envelope(run: Run) -> pa.RecordBatch:
    """One row for each record. `_type` is null where no header says it: the decoder fills it in."""
    rows = len(run)
    said, others = _columns(run.headers)
    attribute = {name: text(said[name]) if name in said else pa.nulls(rows, pa.string()) for name in _ATTRIBUTES}
    stamp = stamps(run.timestamps)
    columns = [
        pa.repeat(run.topic, rows),
        pa.repeat(pa.scalar(run.partition, pa.int32()), rows),
        pa.array(run.offsets, pa.int64()),
        stamp,
        text(run.keys),
        _or(attribute["ce_id"], lambda: [f"{run.topic}:{run.partition}:{offset}" for offset in run.offsets]),
        _or(attribute["ce_source"], lambda: [f"kafka:{run.topic}"] * rows),
        attribute["ce_type"],
        _or(attribute["ce_subject"], lambda: [subject_of(key) or None for key in run.keys]),
        _filled(_times(attribute["ce_time"]), stamp.cast(pa.timestamp("us", "UTC"))),
        others if others is not None else pa.nulls(rows, SCHEMA.field("_headers").type),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=SCHEMA)


def text(values: Sequence[bytes | None]) -> pa.Array:
    """Bytes as strings; what is not UTF-8 as `base64:…`, so that nothing is lost."""
    if isinstance(values, Same):
        return pa.repeat(pa.scalar(None if values.value is None else _text(values.value), pa.string()), len(values))
    try:
        return pa.array(values, pa.binary()).cast(pa.string())
    except pa.ArrowInvalid:
        return pa.array([None if v is None else _text(v) for v in values], pa.string())


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return "base64:" + base64.b64encode(value).decode()


def _filled(column: pa.Array, other: pa.Array) -> pa.Array:
    return column if column.null_count == 0 else pc.coalesce(column, other)


def _or(column: pa.Array, fallback: Any) -> pa.Array:
    return column if column.null_count == 0 else pc.coalesce(column, pa.array(fallback(), pa.string()))


def _columns(headers: Headers) -> tuple[dict[str, Sequence[bytes | None]], pa.Array | None]:
    """({attribute: its values}, the other headers as a map column or None)."""
    if headers.rows is not None:
        return _ragged(headers.rows)
    columns = dict(zip(headers.names, headers.columns, strict=True))
    extra = {name: column for name, column in columns.items() if name not in _SPOKEN_FOR}
    return {name: columns[name] for name in _ATTRIBUTES if name in columns}, (
        _maps(extra, len(headers)) if extra else None
    )


def _maps(extra: dict[str, Column], rows: int) -> pa.Array:
    """A map column of `rows` maps with the same keys."""
    width = len(extra)
    items = pa.array([value for row in zip(*map(_strings, extra.values()), strict=True) for value in row], pa.string())
    offsets = pa.array(range(0, rows * width + 1, width), pa.int32())
    return pa.MapArray.from_arrays(offsets, pa.array(list(extra) * rows, pa.string()), items)


def _strings(values: Sequence[bytes | None]) -> list[str | None]:
    return [None if v is None else _text(v) for v in values]


def _ragged(headers: Sequence[Pairs | None]) -> tuple[dict[str, Sequence[bytes | None]], pa.Array | None]:
    rows = [dict(h) if h else {} for h in headers]
    if not any(rows):
        return {}, None
    said: dict[str, Sequence[bytes | None]] = {n: [row.get(n) for row in rows] for n in _ATTRIBUTES}
    others = [[(k, None if v is None else _text(v)) for k, v in row.items() if k not in _SPOKEN_FOR] for row in rows]
    some = any(others)
    return said, pa.array([o or None for o in others], SCHEMA.field("_headers").type) if some else None


def _times(column: pa.Array) -> pa.Array:
    """ISO 8601 texts as times; null where a text is none, has no zone, or is not in the years 1 to 9999 UTC."""
    kind = pa.timestamp("us", "UTC")
    try:
        times = column.cast(kind)
    except pa.ArrowInvalid:
        times = None
    if times is not None and all_fit(times):
        return times
    return pa.array([_time(t) for t in column.to_pylist()], kind)


def _time(text: str | None) -> datetime | None:
    try:
        time = datetime.fromisoformat(text) if text else None
        return time.astimezone(UTC) if time and time.tzinfo else None
    except (ValueError, OverflowError):  # the zone may lead out of the years that there are
        return None
