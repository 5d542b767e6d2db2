"""`tidings storm` against real gateways."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from tidings.local.services import Endpoints
from tidings_bench import stack
from tidings_bench.services import prepared
from tidings_bench.tokens import Issuer

from tests.service.gateway_api.gateways import Gateway, in_memory, settings

SECRET = "s" * 64


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[Gateway]:
    """In development mode, its notifications in memory."""
    async with in_memory(settings(tmp_path)) as running:
        yield running


async def storm(*arguments: str, **env: str) -> tuple[int, str, str]:
    """Exit code and outputs of the command, with nobody at the terminal."""
    clean = {n: v for n, v in os.environ.items() if not n.startswith(("TIDINGS_", "KAFKA_", "SCHEMA_"))}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tidings", "storm", *arguments),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=clean | env,
    )
    try:
        out, err = await process.communicate()
    finally:
        if process.returncode is None:  # the test has run out of time: nothing of it is to disturb the next one
            process.kill()
            await process.wait()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


async def summary(gateway: Gateway, *arguments: str) -> dict[str, Any]:
    """What it prints with --json."""
    key = str(gateway.settings.dev_key_file)
    code, out, err = await storm(gateway.url, "--json", *arguments, TIDINGS_DEV_KEY_FILE=key)
    assert code == 0, err
    found: dict[str, Any] = json.loads(out)
    return found


async def test_streams_are_opened_kept_and_come_back_after_a_cut(gateway: Gateway) -> None:
    """All become ready; of those that are cut off, each comes back with its cursor; and nothing is left behind."""
    found = await summary(
        gateway, "--streams", "60", "--rate", "100", "--seconds", "6", "--drop", "50%", "--drop-at", "2"
    )
    assert (found["peak"], found["dropped"], found["resumed"]) == (60, 30, 30)
    assert (found["open_at_end"], found["opened"], found["errors"]) == (60, 90, {})
    assert found["ready"]["p99_ms"] > 0
    assert found["back"]["p50_ms"] > 0
    counters = gateway.app.state.services.streams.counters
    async with asyncio.timeout(10):
        while counters.open:
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("kind", ["svg", "png", "html"])
async def test_it_is_drawn_into_a_file(gateway: Gateway, tmp_path: Path, kind: str) -> None:
    """A page needs no network; a picture is one."""
    file = tmp_path / f"storm.{kind}"
    await summary(gateway, "--streams", "5", "--seconds", "2", "--plot", str(file))
    content = file.read_bytes()
    assert content.startswith({"svg": b"<?xml", "png": b"\x89PNG", "html": b"<!doctype html>"}[kind])
    assert kind == "png" or (b"<svg" in content and b"<script" not in content)


async def test_the_limits_of_the_gateway_show(tmp_path: Path) -> None:
    """A user who may have 20 streams has 20; the others hear `limit`, not an error."""
    async with in_memory(settings(tmp_path)) as gateway:
        found = await summary(gateway, "--streams", "25", "--rate", "100", "--users", "1", "--seconds", "3")
    assert found["peak"] == 20
    assert found["byes"]["limit"] >= 5


async def test_another_machine_is_never_touched_without_its_name(tmp_path: Path) -> None:
    """Without a terminal to ask at, and without --yes, nothing is opened; nor with another host's name."""
    for more in ((), ("--yes", "other.example")):
        code, _, err = await storm("http://192.0.2.1:8600", "--seconds", "1", *more, TIDINGS_HOME=str(tmp_path))
        assert code == 2
        assert "--yes 192.0.2.1" in " ".join(err.split())


@pytest.fixture
def deployment(kafka: Endpoints, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A worker and a gateway; the gateway's port."""
    for name, value in kafka.environ().items():
        monkeypatch.setenv(name, value)
    with prepared() as corner:
        server = stack.gateway(corner, tmp_path, SECRET)
        with stack.running(stack.worker(corner, tmp_path), server):
            yield server.port


@pytest.mark.kafka
async def test_what_it_publishes_arrives_on_every_stream_of_its_user_once(deployment: int, tmp_path: Path) -> None:
    """Through the whole pipeline and across a cut, with tokens from files: none lost, none doubled, and how soon."""
    issuer = Issuer(SECRET)
    names = [f"user-{number}" for number in range(10)]
    (tmp_path / "tokens").write_text("".join(f"{name} {issuer.token(name)}\n" for name in names))
    (tmp_path / "publisher").write_text(issuer.token("storm", roles=("publish",)))
    files = ("--tokens", str(tmp_path / "tokens"), "--publisher", str(tmp_path / "publisher"))
    load = ("--streams", "20", "--rate", "100", "--seconds", "8", "--publish", "20", "--drop", "50%")
    code, out, err = await storm(f"http://127.0.0.1:{deployment}", "--json", *files, *load)
    assert code == 0, (out, err)
    found = json.loads(out)
    assert (found["lost"], found["repeated"], found["dropped"]) == (0, 0, 10)
    assert found["published"] > 100
    assert found["latency"]["p50_ms"] > 0
