"""`up --docker`: the checkout's docker-compose.yml in a Docker engine."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tidings.local import page
from tidings.local.errors import NoEngine


def compose_up(detach: bool) -> int:
    """Run `docker compose up`; returns its exit code.

    Raises:
        NoEngine: there is no compose file, no `docker`, or no engine that answers.
    """
    check_engine()
    return subprocess.run(command(compose_file(), detach), check=False).returncode


def command(file: Path, detach: bool) -> list[str]:
    """Attached, Ctrl-C stops the containers; detached, the command returns once all are healthy."""
    return ["docker", "compose", "--file", str(file), "up", "--build", *(["--detach", "--wait"] if detach else [])]


def compose_file() -> Path:
    """The compose file builds images from the sources, so there is none without a checkout."""
    root = page.checkout()
    if root is None:
        raise NoEngine(
            "`tidings up --docker` builds images from the sources: run it in a checkout, or leave --docker out."
        )
    return root / "docker-compose.yml"


def check_engine() -> None:
    """Raise `NoEngine` unless a Docker engine answers and the compose plugin is there."""
    if shutil.which("docker") is None:
        raise NoEngine(f"`docker` is not installed: install it, {_OR}.")
    for arguments, what in (
        (["info"], "No Docker engine answers"),
        (["compose", "version"], "Docker has no `compose`"),
    ):
        asked = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)
        if asked.returncode:
            cause = (asked.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise NoEngine(f"{what} ({cause}): mend that, {_OR}.")


_OR = "or leave --docker out to run everything embedded"
