"""JSON lines and CSV: to a file or to standard output."""

import base64
import csv
import io
import sys
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import IO, Any

import orjson
import pyarrow as pa

from tidings_replay.core.envelope import NAMES

from .base import discard, publish, temporary


def document(row: Mapping[str, Any]) -> dict[str, Any]:
    """A table's row as an analyst reads it: the envelope, then `data`; what a type lacks is left out."""
    around = {name[1:]: value for name, value in row.items() if name in NAMES and value is not None}
    if "headers" in around:
        around["headers"] = dict(around["headers"])
    data = {name: value for name, value in row.items() if name not in NAMES and value is not None}
    return {**around, "data": data or None}


def json_line(row: Mapping[str, Any]) -> bytes:
    """One row as JSON, without a line's end; bytes as base64."""
    return orjson.dumps(document(row), default=plain, option=orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS)


def plain(value: Any) -> Any:
    """What JSON does not have."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, Decimal):  # also DuckDB's sums, which are wider than 64 bits
        return int(value) if value == value.to_integral_value() else float(value)
    return str(value)


class _Text:
    """A text file that is whole or not there, or a stream that is given."""

    def __init__(self, target: Path | None) -> None:
        self._target = target
        self._part = temporary(target) if target else None
        self._file: IO[bytes] = self._part.open("wb", 1 << 20) if self._part else sys.stdout.buffer
        self.rows = 0

    def close(self, metadata: Mapping[str, str]) -> list[str]:
        """See `Writer.close`; the metadata stands beside the file, in `<file>.meta.json`."""
        self._file.flush()
        if self._target is None or self._part is None:
            return []
        self._file.close()
        if metadata:
            beside = _beside(self._target)
            part = temporary(beside)
            part.write_bytes(orjson.dumps(dict(metadata), option=orjson.OPT_INDENT_2) + b"\n")
            publish(part, beside)
        return [publish(self._part, self._target)]

    def abort(self) -> None:
        """See `Writer.abort`."""
        if self._target is not None and self._part is not None:
            discard(self._part, self._file)
            for other in (_whole(self._part), temporary(_beside(self._target))):
                other.unlink(missing_ok=True)


class JsonLines(_Text):
    """One JSON document a line: the envelope's names without `_`, the event's fields under `data`."""

    def write(self, table: pa.Table) -> None:
        """See `Writer.write`."""
        for batch in table.to_batches(max_chunksize=5000):
            self._file.write(b"".join(json_line(row) + b"\n" for row in batch.to_pylist(maps_as_pydicts="lossy")))
        self.rows += table.num_rows
        self._file.flush()


class Csv(_Text):
    """CSV with one header; nested values as JSON. Columns that turn up later make a new header necessary, so a file of
    several record types is written in parts that are joined when all columns are known."""

    def __init__(self, target: Path | None) -> None:
        super().__init__(target)
        self._names: list[str] = []
        self._starts: list[tuple[int, list[str]]] = []

    def write(self, table: pa.Table) -> None:
        """See `Writer.write`."""
        text = io.StringIO()
        out = csv.writer(text, lineterminator="\n")
        if table.schema.names != self._names:
            self._names = table.schema.names
            self._starts.append((self._file.tell() if self._target else 0, self._names))
            out.writerow(self._names)
        for batch in table.to_batches(max_chunksize=5000):
            for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                out.writerow([_cell(value) for value in row])
        self._file.write(text.getvalue().encode())
        self.rows += table.num_rows
        self._file.flush()

    def close(self, metadata: Mapping[str, str]) -> list[str]:
        """See `Writer.close`."""
        if self._target is not None and self._part is not None and len(self._starts) > 1:
            self._file.flush()
            self._rewrite(self._part)
        return super().close(metadata)

    def _rewrite(self, part: Path) -> None:
        """The same rows under the widest header; new columns only ever come at the end, so short rows are filled up."""
        whole = _whole(part)
        width = len(self._names)
        headers = [names for _, names in self._starts]
        with part.open(newline="") as source, whole.open("w", newline="") as target:
            out = csv.writer(target, lineterminator="\n")
            out.writerow(self._names)
            for row in csv.reader(source):
                if row not in headers:
                    out.writerow(row + [""] * (width - len(row)))
        whole.replace(part)


def _beside(target: Path) -> Path:
    """Where the metadata go that the format has no place for."""
    return target.with_name(target.name + ".meta.json")


def _whole(part: Path) -> Path:
    """Where the rows of a part are written once more."""
    return part.with_suffix(".whole")


def _cell(value: Any) -> Any:
    if isinstance(value, list) and value and isinstance(value[0], tuple):
        value = dict(value)  # an Arrow map
    if isinstance(value, dict | list):
        return orjson.dumps(value, default=plain, option=orjson.OPT_UTC_Z).decode()
    if value is not None and hasattr(value, "isoformat"):
        return value.isoformat()
    return plain(value) if isinstance(value, bytes) else value
