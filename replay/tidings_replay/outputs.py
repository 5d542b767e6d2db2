"""Which writer an output's name means."""

import os
import shutil
import sys
from pathlib import Path

from tidings_schemas.catalogue import Catalogue
from tidings_schemas.settings import Settings

from .core.decode import find
from .core.errors import BadOutput
from .request import Request
from .writers.avro import AvroFiles
from .writers.base import Writer
from .writers.http import HttpSink
from .writers.lines import Csv, JsonLines
from .writers.parquet import ParquetFile, ParquetFolders
from .writers.side import state_folder
from .writers.topic import TopicWriter, check_sandbox

_BY_SUFFIX = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".csv": "csv",
    ".avro": "avro",
    ".parquet": "parquet",
    ".duckdb": "duckdb",
    ".db": "duckdb",
}
FORMATS = ("table", "jsonl", "csv", "avro", "parquet", "duckdb")
TOPIC = "kafka:"


def kind_of(request: Request) -> str:
    """`table`, `jsonl`, `csv`, `avro`, `parquet`, `folders`, `duckdb`, `topic` or `http`.

    Raises:
        BadOutput: the name tells no format.
    """
    output = request.output
    if output.startswith(TOPIC):
        return "topic"
    if output.startswith(("http://", "https://")):
        return "http"
    if request.partition_by or output.endswith("/"):
        return "folders"
    if request.format:
        if request.format not in FORMATS:
            raise BadOutput(f"{request.format!r} is no format; there are {', '.join(FORMATS)}")
        return request.format
    if output in ("", "-"):
        return "table" if not output and sys.stdout.isatty() else "jsonl"
    if (suffix := Path(output).suffix.lower()) in _BY_SUFFIX:
        return _BY_SUFFIX[suffix]
    raise BadOutput(f"{output!r} tells no format: end it in {', '.join(_BY_SUFFIX)} or /, or add --format")


def check(request: Request) -> None:
    """Refuses what cannot be written, before anything is read.

    Raises:
        BadOutput: see there.
    """
    kind = kind_of(request)
    if kind == "topic":
        check_sandbox(request.output.removeprefix(TOPIC))
        if not request.personal:
            raise BadOutput("a topic gets the original bytes, personal data included: add --personal if you may")
    if kind in ("avro", "parquet", "duckdb", "folders") and request.output in ("", "-"):
        raise BadOutput(f"{kind} needs a file: add --output FILE")
    if kind in ("avro", "parquet", "duckdb", "folders", "jsonl", "csv") and request.output not in ("", "-"):
        _room(Path(request.output))


def open_writer(
    settings: Settings, request: Request, catalogue: Catalogue, *, run: str, part: int = 1, worker: int = 0
) -> Writer:
    """The writer for a request. A resumed run (`part` > 1) writes beside what is there: `name.part2.jsonl`.

    Raises:
        BadOutput, OSError: it cannot be written there.
    """
    path = None if request.output in ("", "-") else numbered(Path(request.output), part)
    match kind_of(request):
        case "topic":
            return TopicWriter(settings, request.output.removeprefix(TOPIC), run)
        case "http":
            return HttpSink(request.output)
        case "folders":
            fields = frozenset(name for schema in catalogue for name in schema.fields)
            return ParquetFolders(Path(request.output), request.partition_by, f"{run}-{part}-{worker}", fields=fields)
        case "table":
            from .writers.screen import Screen  # rich, that nothing else here needs

            return Screen()
        case "csv":
            return Csv(path)
        case "jsonl":
            return JsonLines(path)
    assert path is not None
    return _file(kind_of(request), path, catalogue)


def _file(kind: str, path: Path, catalogue: Catalogue) -> Writer:
    if kind == "avro":
        return AvroFiles(path, lambda name: find(catalogue, name))
    if kind == "duckdb":
        from .writers.duck import DuckFile  # a large library, that only this output needs

        return DuckFile(path)
    return ParquetFile(path)


def numbered(path: Path, part: int) -> Path:
    """The file of a run that goes on after another."""
    return path if part == 1 else path.with_name(f"{path.stem}.part{part}{path.suffix}")


def side_path(request: Request, run: str, part: int = 1, worker: int = 0) -> Path:
    """Where undecodable records go: as asked; else beside the output; else, where the output is no file, in the state
    folder, so that looking at a topic leaves nothing in the folder that one happens to be in."""
    label = f"{run}-{part}-{worker}"
    if request.undecodable:
        path = numbered(Path(request.undecodable), part)
        return path.with_name(f"{path.stem}.{worker}{path.suffix}") if worker else path
    if kind_of(request) in ("table", "topic", "http") or request.output in ("", "-"):
        return state_folder(os.environ) / "undecodable" / f"{label}.jsonl"
    if kind_of(request) == "folders":
        return Path(request.output) / f"_undecodable-{label}.jsonl"
    path = numbered(Path(request.output), part)
    return path.with_name(path.name + ".undecodable.jsonl")


def _room(path: Path) -> None:
    folder = path if path.is_dir() else path.parent
    while not folder.exists():
        folder = folder.parent
    if shutil.disk_usage(folder).free < 16 * 1024 * 1024:
        raise BadOutput(f"the disk of {folder} is full: free some space, or choose another --output")
