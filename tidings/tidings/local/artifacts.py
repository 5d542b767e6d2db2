"""What is fetched from the Maven repository, as data: `artifacts.json`, the committed list of files with their SHA-256.

The list is made by `python -m tidings.local.lock`, so that a start resolves nothing, asks for no metadata, and can
tell a whole file from a half-finished one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from importlib import resources
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Artifact:
    """One file of the repository.

    Attributes:
        path: below the repository's root, which is also its place in the cache.
        size: bytes.
        sha256: hexadecimal digest of the content.
    """

    path: str
    size: int
    sha256: str

    @property
    def name(self) -> str:
        return self.path.rsplit("/", 1)[-1]


@dataclass(frozen=True, slots=True)
class Bundle:
    """The files that make up one service."""

    version: str
    files: tuple[Artifact, ...]

    @property
    def size(self) -> int:
        return sum(one.size for one in self.files)


def locked() -> dict[str, Bundle]:
    """The committed list: "kafka" (jars of the class path) and "registry" (one archive)."""
    text = resources.files("tidings.local").joinpath("artifacts.json").read_text("utf-8")
    return parse(json.loads(text))


def parse(document: dict[str, Any]) -> dict[str, Bundle]:
    """Bundles by name from the document that `render` makes."""
    return {
        name: Bundle(bundle["version"], tuple(Artifact(**one) for one in bundle["files"]))
        for name, bundle in document.items()
    }


def render(bundles: dict[str, Bundle]) -> str:
    """The JSON text of a list, one file a line so that a change of version reads well."""
    document = {name: asdict(bundle) for name, bundle in bundles.items()}
    return json.dumps(document, indent=1) + "\n"


def missing(artifacts: Iterable[Artifact], cache: Path) -> list[Artifact]:
    """Those that the cache lacks, or holds with another size than the committed one (half-finished, damaged)."""
    return [one for one in artifacts if _size(cache / one.path) != one.size]


def _size(path: Path) -> int | None:
    return path.stat().st_size if path.is_file() else None
