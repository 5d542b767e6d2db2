"""kcat's file → Parquet, as an analyst's script would do it: `python -m tidings_bench.kcat_convert FILE PARQUET
REGISTRY`.

Each record is a line `partition offset timestamp key-length value-length headers`, then key and value, then a newline.
"""

import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import fastavro
import pyarrow as pa
import pyarrow.parquet as pq
from tidings_schemas import framing
from tidings_schemas.registry import Registry

_BATCH = 50_000


def rows(path: Path, registry: Registry) -> Iterator[dict[str, Any]]:
    """Decoded records with where they lay and their headers."""
    with path.open("rb", 1 << 20) as file:
        while line := file.readline():
            partition, offset, stamp, key_size, value_size, headers = line.split(b" ", 5)
            key, value = file.read(int(key_size)), file.read(int(value_size))
            file.read(1)
            schema = registry.by_id(framing.schema_id_of(value)).parsed
            record: dict[str, Any] = fastavro.schemaless_reader(BytesIO(value[framing.SIZE :]), schema, None)  # type: ignore[assignment]
            record |= {"_partition": int(partition), "_offset": int(offset), "_timestamp": int(stamp), "_key": key}
            for pair in headers.rstrip().split(b","):
                name, _, text = pair.partition(b"=")
                record["_" + name.decode()] = text.decode()
            yield record


def convert(source: Path, target: Path, registry: Registry) -> None:
    """Writes the Parquet file."""
    writer: pq.ParquetWriter | None = None
    waiting: list[dict[str, Any]] = []
    for record in rows(source, registry):
        waiting.append(record)
        if len(waiting) == _BATCH:
            writer = _write(writer, target, waiting)
            waiting = []
    writer = _write(writer, target, waiting) if waiting else writer
    if writer is not None:
        writer.close()


def _write(writer: pq.ParquetWriter | None, target: Path, waiting: list[dict[str, Any]]) -> pq.ParquetWriter:
    table = pa.Table.from_pylist(waiting, writer.schema if writer else None)
    writer = writer or pq.ParquetWriter(target, table.schema, compression="zstd", compression_level=1)
    writer.write_table(table)
    return writer


if __name__ == "__main__":
    convert(Path(sys.argv[1]), Path(sys.argv[2]), Registry(sys.argv[3]))
