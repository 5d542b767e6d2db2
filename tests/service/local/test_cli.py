"""The `tidings` command as a person runs it, where nothing needs to be running."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tidings.local import ports

NO_ENGINE = "#!/bin/sh\necho 'Cannot connect to the Docker daemon' >&2\nexit 1\n"


def tidings(home: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tidings", *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, "TIDINGS_HOME": str(home), **environ},
        check=False,
    )


def test_nothing_running(tmp_path: Path) -> None:
    """`status` says so by text, JSON and exit code; `down` is content."""
    asked = tidings(tmp_path, "status")
    assert (asked.returncode, "tidings up" in asked.stdout) == (3, True)
    as_json = tidings(tmp_path, "status", "--json")
    assert (as_json.returncode, json.loads(as_json.stdout)) == (3, {"running": False})
    stopped = tidings(tmp_path, "down")
    assert (stopped.returncode, stopped.stdout) == (0, "Nothing is running.\n")


def test_logs_before_the_first_start(tmp_path: Path) -> None:
    """One sentence on stderr, exit code 1, and what to do."""
    asked = tidings(tmp_path, "logs")
    assert asked.returncode == 1
    assert asked.stderr.startswith("error: There is no log of any service")
    assert "tidings up" in asked.stderr


def test_up_in_docker_without_docker(tmp_path: Path) -> None:
    """Without the program, the error says to install it or to leave the option out."""
    asked = tidings(tmp_path, "up", "--docker", PATH=str(tmp_path))
    assert asked.returncode == 1
    assert asked.stderr.startswith("error: `docker` is not installed")
    assert "leave --docker out" in asked.stderr


def test_up_in_docker_without_an_engine(tmp_path: Path) -> None:
    """When no engine answers, its own reason is told with the remedy."""
    program = tmp_path / "docker"
    program.write_text(NO_ENGINE)
    program.chmod(0o755)
    asked = tidings(tmp_path, "up", "--docker", PATH=str(tmp_path))
    assert asked.returncode == 1
    assert "No Docker engine answers (Cannot connect to the Docker daemon)" in asked.stderr


def test_unknown_given_kafka_is_told(tmp_path: Path) -> None:
    """A Kafka that the environment names but that is not there is told, and nothing is left running."""
    asked = tidings(
        tmp_path,
        *("up", "--no-source", "--port", str(ports.free_ports().gateway)),
        KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:1",
        SCHEMA_REGISTRY_URL="http://127.0.0.1:1",
    )
    assert asked.returncode == 1
    assert "Nothing answers at" in asked.stderr
    assert tidings(tmp_path, "status").returncode == 3


@pytest.mark.parametrize("option", ["--version", "version"])
def test_version(tmp_path: Path, option: str) -> None:
    """Both ways print it."""
    assert "0." in tidings(tmp_path, option).stdout
