"""Shell: every version that a schema had, as files: `<folder>/<record's full name>/<version>.avsc`, from 1.

Committed with the schemas, so that a change is held to what was, without a registry. Shipped schemas have theirs in
`history/` beside `avro/`; those of `TIDINGS_SCHEMAS` in its own `history/`.
"""

import json
import os
from importlib.resources import files
from pathlib import Path

from .catalogue import Schema, schema_from_json


def folder_of(schema: Schema) -> Path:
    """Where the versions of a schema are kept."""
    package = Path(str(files(__package__)))
    extra = os.environ.get("TIDINGS_SCHEMAS")
    shipped = (package / "avro" / f"{schema.name}.avsc").exists()
    root = package if shipped or not extra else Path(extra)
    return root / "history" / schema.name


def versions(folder: Path) -> list[Schema]:
    """The versions in a schema's folder, oldest first; empty when there are none.

    Raises:
        ValueError: a file is no Avro record schema; the text names it.
    """
    found = sorted(folder.glob("*.avsc"), key=lambda path: int(path.stem))
    return [_load(path) for path in found]


def record(schema: Schema, folder: Path) -> bool:
    """Writes the schema as the next version, if it is not the last one already. Returns whether it did."""
    before = versions(folder)
    if before and before[-1].json == schema.json:
        return False
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(schema.json, indent=2, ensure_ascii=False)
    (folder / f"{len(before) + 1}.avsc").write_text(f"{text}\n", encoding="utf-8")
    return True


def _load(path: Path) -> Schema:
    try:
        return schema_from_json(json.loads(path.read_text(encoding="utf-8")))
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
