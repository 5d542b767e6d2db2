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
    """Raise `NoEngine` unless a Docker engine answers."""
    if shutil.which("docker") is None:
        raise NoEngine("`docker` is not installed: install it, or leave --docker out to run everything embedded.")
    asked = subprocess.run(["docker", "info"], capture_output=True, text=True, check=False)
    if asked.returncode:
        cause = (asked.stderr.strip().splitlines() or ["no answer"])[-1]
        raise NoEngine(
            f"No Docker engine answers ({cause}): start it, or leave --docker out to run everything embedded."
        )
