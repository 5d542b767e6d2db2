"""Tidings' own worker, with the match stage alone."""

import sys
from importlib.metadata import version

from .peer import Job, Peer


def tidings() -> Peer:
    """The worker as users run it."""
    return Peer("tidings", "Tidings", version("tidings"), _command, _environ)


def _command(job: Job) -> list[str]:
    return [sys.executable, "-m", "tidings_processors", "worker"]


def _environ(job: Job) -> dict[str, str]:
    own = {"TIDINGS_STAGES": "match", "TIDINGS_RULES": str(job.rules), "TIDINGS_PROCESSORS_PORT": "0"}
    return {**job.environ, **own}
