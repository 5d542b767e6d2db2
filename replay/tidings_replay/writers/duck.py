"""A DuckDB file: table `events` with every column, classification in the columns' comments and in table `replay`."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa

from tidings_replay.core.envelope import SCHEMA
from tidings_replay.core.masking import is_personal

from .base import publish, temporary


class DuckFile:
    """One database file; columns are added as record types turn up."""

    def __init__(self, target: Path, table: str = "events") -> None:
        self._target = target
        self._part = temporary(target)
        self._db = duckdb.connect(str(self._part))
        self._table = table
        self._schema: pa.Schema | None = None
        self.rows = 0

    def write(self, table: pa.Table) -> None:
        """See `Writer.write`."""
        with _as_os_error():
            self._insert(table)

    def _insert(self, table: pa.Table) -> None:
        self._db.register("incoming", table)
        if self._schema is None:
            self._db.execute(f'CREATE TABLE "{self._table}" AS SELECT * FROM incoming LIMIT 0')
        elif self._schema != table.schema:
            self._widen(self._schema, table.schema)
        self._schema = table.schema
        self._db.execute(f'INSERT INTO "{self._table}" BY NAME SELECT * FROM incoming')
        self._db.unregister("incoming")
        self.rows += table.num_rows

    def close(self, metadata: Mapping[str, str]) -> list[str]:
        """See `Writer.close`. Without rows the table is there, with the columns that all records have."""
        with _as_os_error():
            self._finish(metadata)
        return [publish(self._part, self._target)]

    def _finish(self, metadata: Mapping[str, str]) -> None:
        if self._schema is None:
            self._insert(SCHEMA.empty_table())
        for field in self._schema or ():
            text = field.metadata.get(b"doc", b"").decode() if field.metadata else ""
            if is_personal(field):
                text = f"[personal] {text}"
            if text:
                quoted = text.replace("'", "''")
                self._db.execute(f"""COMMENT ON COLUMN "{self._table}"."{field.name}" IS '{quoted}'""")
        self._db.execute("CREATE TABLE replay (name VARCHAR, value VARCHAR)")
        for pair in metadata.items():
            self._db.execute("INSERT INTO replay VALUES (?, ?)", pair)
        self._db.execute("CHECKPOINT")
        self._db.close()

    def abort(self) -> None:
        """See `Writer.abort`."""
        self._db.close()
        for path in (self._part, self._part.with_name(self._part.name + ".wal")):
            path.unlink(missing_ok=True)

    def _widen(self, before: pa.Schema, after: pa.Schema) -> None:
        held = set(before.names)
        for name in after.names:
            if name not in held:
                kind = self._db.execute(f'SELECT typeof("{name}") FROM incoming LIMIT 1').fetchall()[0][0]
                self._db.execute(f'ALTER TABLE "{self._table}" ADD COLUMN "{name}" {kind}')


@contextmanager
def _as_os_error() -> Iterator[None]:
    """DuckDB has its own errors for a full disk."""
    try:
        yield
    except duckdb.Error as error:
        raise OSError(str(error)) from error
