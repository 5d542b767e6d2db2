"""Wherever in an output the room ends, nothing half written is left. A limit on file sizes stands for a full disk."""

import os
import resource
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pytest
from tidings_replay.core.decode import find
from tidings_replay.core.process import Process
from tidings_replay.core.where import Filter
from tidings_replay.writers.avro import AvroFiles
from tidings_replay.writers.base import Writer
from tidings_replay.writers.lines import Csv, JsonLines
from tidings_replay.writers.parquet import ParquetFile, ParquetFolders

from tests.unit.replay.builders import CATALOGUE, cancelled, decoder, message, run

WRITERS: dict[str, Callable[[Path], Writer]] = {
    "avro": lambda folder: AvroFiles(folder / "x.avro", lambda name: find(CATALOGUE, name)),
    "csv": lambda folder: Csv(folder / "x.csv"),
    "jsonl": lambda folder: JsonLines(folder / "x.jsonl"),
    "parquet": lambda folder: ParquetFile(folder / "x.parquet", 50_000),
    "folders": lambda folder: ParquetFolders(folder, ["type"], "x", group_bytes=50_000),
}


@pytest.fixture(scope="module")
def tables() -> list[pa.Table]:
    """Two record types, so that the columns widen on the way; what is random cannot be packed."""
    process = Process(decoder(), Filter(), None)
    values = [message(n, text=os.urandom(500).hex()) for n in range(100)]
    return [process.run(run(each))[0] for each in (values, [*map(cancelled, range(50)), *values])]


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """What would make a file larger raises an `OSError`, as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)


def write(writer: Writer, tables: list[pa.Table]) -> None:
    """All of it, as a session does."""
    try:
        for table in tables:
            writer.write(table)
        writer.close({"a": "b"})
    except BaseException:
        writer.abort()
        raise


@pytest.mark.parametrize("kind", WRITERS)
def test_nothing_half_written_is_left_wherever_the_room_ends(kind: str, tables: list[pa.Table], tmp_path: Path) -> None:
    """Also where it is the closing that finds no room."""
    whole = tmp_path / "whole"
    write(WRITERS[kind](whole), tables)
    largest = max(path.stat().st_size for path in whole.rglob("*") if path.is_file())
    for share in range(40):
        folder = tmp_path / str(share)
        with files_of_at_most(largest * share // 40), pytest.raises(OSError, match="File too large"):
            write(WRITERS[kind](folder), tables)
        assert [path for path in folder.rglob("*") if path.is_file()] == []
