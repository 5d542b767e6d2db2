"""`tidings version`: this package's version, and those of the services that it embeds."""

from __future__ import annotations

import json as jsonlib
import platform
from importlib.metadata import version as installed
from typing import Annotated

import typer

from tidings.local import artifacts


def version(json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False) -> None:
    """Print the versions of Tidings, Python, and the embedded Kafka and registry."""
    bundles = artifacts.locked()
    versions = {
        "tidings": installed("tidings"),
        "python": platform.python_version(),
        "kafka": bundles["kafka"].version,
        "registry": bundles["registry"].version,
    }
    print(jsonlib.dumps(versions) if json else "\n".join(f"{name:<10} {value}" for name, value in versions.items()))
