"""Parquet: nested types kept, row groups by size, one file or folders by column values."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tidings_replay.core.errors import BadOutput

from .base import publish, temporary

#: Bytes of Arrow data in a row group: large enough for column pruning to pay, small enough to hold several open.
GROUP_BYTES = 64 * 1024 * 1024
#: A dictionary of these only costs: nearly every value is new.
_UNIQUE = frozenset({"_id", "_offset", "_timestamp", "_time", "id", "event_id"})
#: They grow, nearly always; as differences they make the file smaller, and are written sooner (ADR 0056).
_GROWING = ("_offset", "_timestamp", "_time")


class ParquetFile:
    """One file. Where the columns widen on the way, parts are written and joined at the end, in order."""

    def __init__(self, target: Path, group_bytes: int = GROUP_BYTES) -> None:
        self._target = target
        self._group_bytes = group_bytes
        self._parts: list[Path] = []
        self._writer: pq.ParquetWriter | None = None
        self._schema: pa.Schema | None = None
        self._waiting: list[pa.Table] = []
        self._waiting_bytes = 0
        self.rows = 0

    def write(self, table: pa.Table) -> None:
        """See `Writer.write`."""
        if self._schema is not None and table.schema != self._schema:
            self._end_part()
        self._schema = table.schema
        self._waiting.append(table)
        self._waiting_bytes += table.nbytes
        self.rows += table.num_rows
        if self._waiting_bytes >= self._group_bytes:
            self._flush()

    def close(self, metadata: Mapping[str, str]) -> list[str]:
        """See `Writer.close`. Without rows there is no file."""
        if self._schema is None:
            return []
        if not self._parts and self._writer is None:
            self._open(metadata)  # the whole output is one row group: the metadata can go straight in
        self._end_part(metadata)
        part = self._parts[0] if len(self._parts) == 1 else self._join(metadata)
        return [publish(part, self._target)]

    def abort(self) -> None:
        """See `Writer.abort`."""
        if self._writer is not None:
            with suppress(OSError):  # on a full disk: closing writes the footer
                self._writer.close()
        for part in self._parts:
            part.unlink(missing_ok=True)

    def _open(self, metadata: Mapping[str, str] | None = None) -> None:
        assert self._schema is not None
        part = temporary(self._target)
        self._parts.append(part.with_name(f"{part.name}{len(self._parts)}"))
        self._writer = writer(self._parts[-1], self._schema)

    def _flush(self) -> None:
        if not self._waiting:
            return
        if self._writer is None:
            self._open()
        assert self._writer is not None
        self._writer.write_table(pa.concat_tables(self._waiting), row_group_size=10_000_000)
        self._waiting, self._waiting_bytes = [], 0

    def _end_part(self, metadata: Mapping[str, str] | None = None) -> None:
        self._flush()
        if self._writer is not None:
            if metadata:
                self._writer.add_key_value_metadata(dict(metadata))
            self._writer.close()
            self._writer = None

    def _join(self, metadata: Mapping[str, str]) -> Path:
        """All parts in the widest columns, group by group: memory stays bounded."""
        assert self._schema is not None
        parts, whole = self._parts, self._parts[0].with_suffix(".whole")
        self._parts = [*parts, whole]
        with writer(whole, self._schema) as out:
            for part in parts:
                source = pq.ParquetFile(part)
                for group in range(source.num_row_groups):
                    out.write_table(widen(source.read_row_group(group), self._schema))
                source.close()
                part.unlink()
            out.add_key_value_metadata(dict(metadata))
        self._parts = [whole]
        return whole


class ParquetFolders:
    """Hive-style folders by column values: `type=…/date=…/part-….parquet`. Open files are bounded.

    Args:
        by: columns; `date` and `hour` are those of `_timestamp`, `type`, `topic`, `partition` those of the envelope.
        label: makes this writer's files differ from those of other workers and runs.
        fields: what events may have; one that a type lacks counts as empty there.
    """

    def __init__(
        self,
        root: Path,
        by: Sequence[str],
        label: str,
        *,
        fields: frozenset[str] = frozenset(),
        group_bytes: int = GROUP_BYTES,
        most: int = 64,
    ) -> None:
        self._root, self._by, self._label, self._fields = root, by, label, fields
        self._group_bytes, self._most = group_bytes, most
        self._files: dict[str, ParquetFile] = {}
        self._done: list[str] = []
        self._count = 0
        self.rows = 0

    def write(self, table: pa.Table) -> None:
        """See `Writer.write`."""
        self.rows += table.num_rows
        for folder, part in split(table, self._by, self._fields):
            file = self._files.get(folder)
            if file is None:
                self._make_room()
                self._count += 1
                name = f"part-{self._label}-{self._count:05d}.parquet"
                file = self._files[folder] = ParquetFile(self._root / folder / name, self._group_bytes // 4)
            file.write(part)

    def close(self, metadata: Mapping[str, str]) -> list[str]:
        """See `Writer.close`."""
        for file in self._files.values():
            self._done += file.close(metadata)
        self._files = {}
        return self._done

    def abort(self) -> None:
        """See `Writer.abort`; what was whole already goes too: whoever starts again would have it twice."""
        for file in self._files.values():
            file.abort()
        for path in self._done:
            Path(path).unlink(missing_ok=True)

    def _make_room(self) -> None:
        if len(self._files) >= self._most:
            oldest = next(iter(self._files))
            self._done += self._files.pop(oldest).close({})


def writer(path: Path, schema: pa.Schema) -> pq.ParquetWriter:
    """A Parquet writer as all outputs of a replay use it."""
    repeated = [f.name for f in schema if f.name not in _UNIQUE and pa.types.is_string(f.type)]
    growing = {name: "DELTA_BINARY_PACKED" for name in _GROWING if _is_number(schema, name)}
    return pq.ParquetWriter(
        path, schema, compression="zstd", compression_level=1, use_dictionary=repeated, column_encoding=growing or None
    )


def _is_number(schema: pa.Schema, name: str) -> bool:
    """A query may give a column of that name any type."""
    kind = schema.field(name).type if name in schema.names else pa.null()
    return bool(pa.types.is_integer(kind) or pa.types.is_timestamp(kind))


def widen(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """The table in the columns of `schema`; what it lacks is null."""
    held = set(table.schema.names)
    columns = [table.column(f.name) if f.name in held else pa.nulls(table.num_rows, f.type) for f in schema]
    return pa.Table.from_arrays(columns, schema=schema)


def split(table: pa.Table, by: Sequence[str], fields: frozenset[str] = frozenset()) -> list[tuple[str, pa.Table]]:
    """(folder, rows) for each combination of the columns' values; row order is kept within each.

    Raises:
        BadOutput: there is no such column, nor do `fields` have it.
    """
    if not by:
        return [("", table)]
    keys = [_key(table, name, fields) for name in by]
    folders = [
        "/".join(f"{name}={_quoted(value)}" for name, value in zip(by, values, strict=True))
        for values in zip(*(k.to_pylist() for k in keys), strict=True)
    ]
    column = pa.array(folders, pa.string())
    return [(folder, table.filter(pc.equal(column, folder))) for folder in dict.fromkeys(folders)]


def _key(table: pa.Table, name: str, fields: frozenset[str]) -> pa.ChunkedArray | pa.Array:
    if name == "date":
        return pc.strftime(table.column("_timestamp"), "%Y-%m-%d")
    if name == "hour":
        return pc.strftime(table.column("_timestamp"), "%H")
    for column in (name, "_" + name):
        if column in table.schema.names:
            return table.column(column)
    if name in fields:
        return pa.nulls(table.num_rows)
    raise BadOutput(f"--partition-by {name}: no such column; there are date, hour, {', '.join(table.schema.names)}")


def _quoted(value: object) -> str:
    text = "__HIVE_DEFAULT_PARTITION__" if value is None else str(value)
    return "".join(c if c.isalnum() or c in "-_.:@" else f"%{ord(c):02X}" for c in text)[:200] or "%00"
