"""`python -m tidings_gateway`: how it starts, what it says when it cannot, how it ends."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from tidings.local.services import Endpoints
from tidings_gateway.settings import GatewaySettings
from tidings_schemas.admin import ensure_topics
from tidings_schemas.catalogue import load
from tidings_schemas.registry import Registry, register_all

from tests.service.gateway_api.gateways import NOWHERE


def environ(folder: Path, **more: str) -> dict[str, str]:
    """The environment of a gateway that keeps its key in `folder` and knows no Kafka."""
    clean = {
        name: value for name, value in os.environ.items() if not name.startswith(("TIDINGS_", "KAFKA_", "SCHEMA_"))
    }
    return clean | {"TIDINGS_HOME": str(folder), "KAFKA_BOOTSTRAP_SERVERS": NOWHERE, "LOG_FORMAT": "json"} | more


def failed(folder: Path, *arguments: str, **more: str) -> str:
    """What a gateway that cannot start says, on one line, with exit code 1."""
    command = [sys.executable, "-m", "tidings_gateway", *arguments]
    done = subprocess.run(command, env=environ(folder, **more), capture_output=True, text=True, timeout=60, cwd=folder)
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    return line


@contextmanager
def started(folder: Path, **more: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A running gateway and its address, once it answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = (folder / "log").open("wb")
    command = [sys.executable, "-m", "tidings_gateway", "--port", str(port)]
    process = subprocess.Popen(command, env=environ(folder, **more), stderr=log, cwd=folder)
    try:
        url = f"http://127.0.0.1:{port}"
        _until_ready(process, url)
        yield process, url
    finally:
        process.kill()
        process.wait()
        log.close()


def signed_in(folder: Path, user: str, *roles: str) -> dict[str, str]:
    """Headers with the token that `tidings token` prints."""
    command = [sys.executable, "-m", "tidings", "token", "--user", user, *(f"--role={role}" for role in roles)]
    printed = subprocess.run(command, env=environ(folder), capture_output=True, text=True, check=True)
    return {"authorization": f"Bearer {printed.stdout.strip()}"}


def _until_ready(process: subprocess.Popen[bytes], url: str) -> None:
    while process.poll() is None:
        try:
            if httpx.get(f"{url}/readyz", timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    raise AssertionError("the gateway ended before it was ready")


def test_a_busy_port_is_told_with_its_remedy(tmp_path: Path) -> None:
    """Another program on the port is named as the cause, and how to choose another port."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        line = failed(tmp_path, TIDINGS_GATEWAY_PORT=str(other.getsockname()[1]))
    assert "another program" in line
    assert "--port" in line


def test_the_development_key_is_for_loopback_only(tmp_path: Path) -> None:
    """With a key that signs in anyone the gateway does not listen where others can connect."""
    line = failed(tmp_path, "--host", "0.0.0.0", "--port", "0")
    assert "TIDINGS_JWKS" in line
    assert "127.0.0.1" in line


def test_no_kafka_is_told_with_its_remedy(tmp_path: Path) -> None:
    """Without Kafka the gateway says where it looked and how to start one."""
    line = failed(tmp_path, "--port", "0")
    assert NOWHERE in line
    assert "tidings up" in line


def test_a_key_set_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    """A wrong path of the issuer's keys is named."""
    assert "nowhere.json" in failed(tmp_path, "--port", "0", TIDINGS_JWKS=str(tmp_path / "nowhere.json"))


def test_a_short_secret_is_told(tmp_path: Path) -> None:
    """A secret that could be guessed is refused before anything listens, and is not repeated."""
    line = failed(tmp_path, "--port", "0", TIDINGS_JWT_SECRET="too-short-a-secret")
    assert "openssl rand" in line
    assert "too-short" not in line


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    """A development key with loose permissions is refused, with the command that mends it."""
    key = tmp_path / "dev.key"
    key.write_text("k" * 64)
    key.chmod(0o644)
    assert f"chmod 600 {key}" in failed(tmp_path, "--port", "0", TIDINGS_DEV_KEY_FILE=str(key))


@pytest.mark.kafka
def test_missing_topics_are_told_with_their_remedy(kafka: Endpoints, namespace: str, tmp_path: Path) -> None:
    """On a Kafka without Tidings' topics the gateway says which is missing and what makes it."""
    line = failed(tmp_path, "--port", "0", **kafka.environ(), TIDINGS_NAMESPACE=namespace)
    assert namespace in line
    assert "tidings up" in line


@pytest.mark.kafka
def test_it_serves_until_sigterm_and_ends_in_order(kafka: Endpoints, namespace: str, tmp_path: Path) -> None:
    """It becomes ready, accepts what `tidings token` prints, and at SIGTERM ends streams by `bye`, with code 0."""
    given = GatewaySettings(_env_file=None, bootstrap_servers=kafka.bootstrap_servers, prefix=namespace)
    ensure_topics(given)
    registry = Registry(kafka.registry_url)
    register_all(registry, load())
    registry.close()
    here = kafka.environ() | {"TIDINGS_NAMESPACE": namespace}
    with started(tmp_path, **here) as (process, url):
        headers = signed_in(tmp_path, "passenger-1")
        with httpx.stream("GET", f"{url}/v1/stream", headers=headers, timeout=30) as stream:
            lines = stream.iter_lines()
            assert "event: ready" in lines
            process.send_signal(signal.SIGTERM)
            assert "event: bye" in lines
        assert process.wait(20) == 0
    log = (tmp_path / "log").read_text()
    assert "Traceback" not in log
    assert not [part for part in headers["authorization"].split()[1].split(".") if part in log]
