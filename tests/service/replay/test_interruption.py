"""Stopped, resumed, out of disk, cut off: nothing is lost, doubled or half written."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.service.replay.corner import Corner

pytestmark = pytest.mark.kafka
COUNT = 400


@pytest.fixture
def filled(corner: Corner) -> Corner:
    """400 messages, a second apart, over two partitions."""
    corner.topic("events.demo", partitions=2)
    for partition in (0, 1):
        corner.put("events.demo", corner.messages(COUNT // 2, first=partition * COUNT // 2), partition=partition)
    return corner


def _start(corner: Corner, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tidings", "replay", *arguments]
    environ = {**os.environ, **corner.environ()}
    return subprocess.Popen(command, env=environ, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_ctrl_c_leaves_a_whole_file_and_a_token_that_goes_on(filled: Corner, tmp_path: Path) -> None:
    """Both files together hold every row once."""
    target = tmp_path / "x.jsonl"
    with _start(filled, "events.demo", "--speed", "20", "-o", str(target), "--json") as child:
        _until_rows_came(child, tmp_path)
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=60)
    assert child.returncode == 0, err
    told = json.loads(out)
    first = [json.loads(line)["data"]["sequence"] for line in target.read_text().splitlines()]
    assert 0 < len(first) < COUNT
    assert told["rows"] == len(first)

    filled.tidings("replay", "--resume", _max_speed(told["resume"]))
    rest = [json.loads(line)["data"]["sequence"] for line in (tmp_path / "x.part2.jsonl").read_text().splitlines()]
    assert sorted(first + rest) == list(range(COUNT))


def _until_rows_came(child: subprocess.Popen[str], folder: Path) -> None:
    deadline = time.monotonic() + 60
    while not any(part.stat().st_size for part in folder.glob(".*.part")):
        assert child.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _max_speed(token: str) -> str:
    """The same token without the pacing, so that the test need not wait."""
    from dataclasses import replace

    from tidings_replay.core.resume import parse_token

    checkpoint = parse_token(token)
    return replace(checkpoint, request={**checkpoint.request, "speed": "max"}).token()


def test_a_limit_gives_a_token_too(filled: Corner, tmp_path: Path) -> None:
    """The next page of the same replay."""
    told = filled.summary("events.demo", "--limit", "150", "-o", str(tmp_path / "x.parquet"))
    assert told["rows"] == 150
    again = json.loads(filled.tidings("replay", "--resume", told["resume"], "--json").stdout)
    pages = [pq.read_table(f).column("sequence").to_pylist() for f in (*told["files"], *again["files"])]
    assert [len(page) for page in pages] == [150, 150]
    assert len(set(pages[0] + pages[1])) == 300


def test_a_damaged_token_is_refused(filled: Corner) -> None:
    """In a sentence."""
    result = filled.tidings("replay", "--resume", "r1.abc", exit_code=1)
    assert "copy it whole" in str(result.exception)


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 17 MiB; needs the right to mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=17m", "tmpfs", str(folder)], capture_output=True, text=True
    )
    if made.returncode:
        pytest.skip(f"cannot mount a small file system here: {made.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_is_told_and_leaves_nothing_half_written(corner: Corner, tiny_disk: Path) -> None:
    """20 MB do not fit into what is left of 17."""
    corner.topic("events.demo")
    corner.put("events.demo", [corner.message(n, text=os.urandom(20_000).hex()) for n in range(500)])
    result = corner.tidings("replay", "events.demo", "-o", str(tiny_disk / "x.jsonl"), exit_code=1)
    assert "No space left" in str(result.exception)
    assert list(tiny_disk.iterdir()) == []


def test_a_full_disk_is_told_before_anything_is_read(corner: Corner, tiny_disk: Path) -> None:
    """Less than 16 MiB free is not worth beginning."""
    corner.topic("events.demo")
    corner.put("events.demo", corner.messages(1))
    (tiny_disk / "other").write_bytes(os.urandom(4 * 1024 * 1024))
    result = corner.tidings("replay", "events.demo", "-o", str(tiny_disk / "x.jsonl"), exit_code=1)
    assert "is full" in str(result.exception)


def test_a_schema_registry_that_is_away_is_waited_for_then_told(corner: Corner, tmp_path: Path) -> None:
    """Nothing is taken for undecodable meanwhile."""
    corner.topic("events.demo")
    corner.put("events.demo", corner.messages(3))
    out = ("-o", str(tmp_path / "x.jsonl"))
    away = {"SCHEMA_REGISTRY_URL": "http://127.0.0.1:9/", "TIDINGS_REPLAY_PATIENCE": "2"}
    result = corner.tidings("replay", "events.demo", *out, exit_code=1, **away)
    assert "registry" in str(result.exception)
    assert list(tmp_path.iterdir()) == []


def test_a_broker_that_is_not_there_is_told(corner: Corner) -> None:
    """With its address."""
    result = corner.tidings("replay", "events.demo", exit_code=1, KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:9")
    assert "127.0.0.1:9" in str(result.exception)


def test_closing_the_pipe_ends_the_replay_quietly(filled: Corner) -> None:
    """`tidings replay … | head -1`, with more to come than a pipe holds, so that the replay meets its end."""
    filled.put("events.demo", filled.messages(4_000, first=COUNT))
    with _start(filled, "events.demo", "--format", "jsonl") as child:
        assert child.stdout is not None
        first = json.loads(child.stdout.readline())
        child.stdout.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(60)
        error = child.stderr.read() if child.stderr else ""
    assert first["topic"] == "events.demo"
    assert error == ""
