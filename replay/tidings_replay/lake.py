"""Shell: DuckDB over topics. What a query needs of a topic is read once into a temporary Parquet file, then queried
there.

So memory stays bounded whatever the topic holds, and DuckDB prunes the columns.
"""

import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb
import pyarrow as pa
from tidings_schemas.catalogue import load
from tidings_schemas.registry import Registry
from tidings_schemas.settings import Settings

from .core.decode import Decoder
from .core.errors import BadCondition
from .core.masking import Mask
from .core.process import Process
from .core.pushdown import Scan, scans
from .core.span import At, Bound, Edge, Offset
from .core.times import all_fit
from .core.where import Filter
from .reader import Reader
from .request import Request
from .session import Progress, Session
from .startup import without_pandas
from .topics import plan_topics, topic_names
from .writers.parquet import ParquetFile


class Lake:
    """Queries over the topics of a namespace. Not safe to share between threads.

    Args:
        secret: of the pseudonyms; None = personal data in clear.
        told: called with one sentence for each topic that is read.
        memory: what DuckDB may use, as it writes it.
    """

    def __init__(
        self,
        settings: Settings,
        secret: bytes | None,
        *,
        progress: Progress = lambda _read, _kept: None,
        told: Callable[[str], None] = lambda _: None,
        memory: str = "1GB",
    ) -> None:
        without_pandas()
        self._settings, self._progress, self._told = settings, progress, told
        self._mask = Mask(secret) if secret else None
        self._folder = tempfile.TemporaryDirectory(prefix="tidings-sql-")
        self._db = duckdb.connect(config={"memory_limit": memory, "temp_directory": self._folder.name})
        self._db.execute("SET TimeZone = 'UTC'")
        self._registry = Registry(settings.registry_url, settings.registry_auth.get_secret_value())
        self._decoder = Decoder(load(), self._registry)
        self._held: dict[tuple[str, str], Scan] = {}
        self._count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._db.close()
        self._registry.close()
        self._folder.cleanup()

    def topics(self) -> list[str]:
        """Bare names of what may be queried."""
        return topic_names(self._settings)

    def forget(self) -> None:
        """The next query reads its topics anew."""
        self._held = {}

    def query(self, sql: str) -> pa.Table:
        """The result of a query; `events.flights` and `notifications` are topics.

        Raises:
            BadCondition: no SQL, or DuckDB refuses it.
            BrokerUnavailable, RegistryUnavailable: what it says.
        """
        for scan in scans(sql, self.topics(), self._constant):
            if self._held.get((scan.schema, scan.name)) != scan:
                self._load(scan)
                self._held[scan.schema, scan.name] = scan
        try:
            result = self._db.sql(sql)
            return pa.table({}) if result is None else self._readable(result.to_arrow_table())
        except duckdb.Error as error:
            raise BadCondition(str(error)) from error

    def _readable(self, table: pa.Table) -> pa.Table:
        """DuckDB knows times far beyond the year 9999, and `infinity`: a column that has some is text."""
        for at, field in enumerate(table.schema):
            if not all_fit(table.column(at)):
                self._db.register("far", pa.table({"v": table.column(at)}))
                text = self._db.sql("SELECT v::VARCHAR v FROM far").to_arrow_table()
                table = table.set_column(at, field.name, text.column(0))
                self._db.unregister("far")
        return table

    def _constant(self, sql: str) -> Any:
        row = self._db.execute(f"SELECT {sql}").fetchall()[0]
        return row[0]

    def _load(self, scan: Scan) -> None:
        self._count += 1
        target = Path(self._folder.name) / f"{self._count}.parquet"
        process = Process(self._decoder, Filter(), self._mask)
        ranges = self._plan(scan)
        request = Request((scan.topic,), output=str(target), personal=self._mask is None)
        writer = ParquetFile(target)
        side = Path(self._folder.name) / "undecodable.jsonl"
        reader = Reader(self._settings, ranges, told=self._told)
        outcome = Session(request, ranges, reader, process, writer, side, progress=self._progress).run({})
        bad = f", {outcome.tally.undecodable:,} of them undecodable" if outcome.tally.undecodable else ""
        self._told(f"{scan.topic}: {outcome.tally.read:,} records read in {outcome.seconds:.1f} s{bad}{_bounds(scan)}")
        self._view(scan, target if outcome.files else None)

    def _plan(self, scan: Scan) -> Any:
        since: Bound = At(scan.since) if scan.since else Edge(latest=False)
        until: Bound = At(scan.until) if scan.until else Edge(latest=True)
        if scan.from_offset is not None:
            since = Offset(scan.from_offset)
        if scan.to_offset is not None:
            until = Offset(scan.to_offset)
        if isinstance(since, Offset) and isinstance(until, Offset) and until.offset <= since.offset:
            return ()
        if isinstance(since, At) and isinstance(until, At) and until.time <= since.time:
            return ()
        return plan_topics(self._settings, [scan.topic], since, until, only=scan.partitions).ranges

    def _view(self, scan: Scan, path: Path | None) -> None:
        name = f'"{scan.schema}"."{scan.name}"' if scan.schema else f'"{scan.name}"'
        if scan.schema:
            self._db.execute(f'CREATE SCHEMA IF NOT EXISTS "{scan.schema}"')
        if path is not None:
            self._db.execute(f"CREATE OR REPLACE VIEW {name} AS SELECT * FROM read_parquet('{path}')")
            return
        from .core.envelope import SCHEMA

        self._db.register("nothing", pa.Table.from_pylist([], schema=_with_known(scan, SCHEMA)))
        self._db.execute(f"CREATE OR REPLACE VIEW {name} AS SELECT * FROM nothing")


def _with_known(scan: Scan, envelope: pa.Schema) -> pa.Schema:
    """The columns that an empty topic would have: those of the shipped schemas that belong to it."""
    from tidings_schemas.topics import EVENTS_PREFIX, domain_of

    from .core.arrow import arrow_schema
    from .core.table import Columns

    columns = Columns()
    for schema in load():
        short = schema.name.rpartition(".")[2].lower() + "s"
        if EVENTS_PREFIX + domain_of(schema.name) == scan.topic or short == scan.topic.replace("-", ""):
            columns.learn(schema.name, arrow_schema(schema.json))
    return columns.schema if columns.data_schemas else envelope


def _bounds(scan: Scan) -> str:
    parts = []
    if scan.since or scan.until:
        parts.append(f"{_clock(scan.since)} to {_clock(scan.until)}")
    if scan.from_offset is not None or scan.to_offset is not None:
        parts.append(f"offsets {scan.from_offset or 0:,} to {'the end' if scan.to_offset is None else scan.to_offset}")
    if scan.partitions is not None:
        parts.append(f"partitions {', '.join(map(str, sorted(scan.partitions)))}")
    return f" ({'; '.join(parts)})" if parts else ""


def _clock(time: datetime | None) -> str:
    return "…" if time is None else f"{time.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
