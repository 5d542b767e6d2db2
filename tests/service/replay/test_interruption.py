"""Stopped, resumed, out of disk, cut off: nothing is lost, doubled or half written."""

import contextlib
import csv
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Self

import duckdb
import fastavro
import pyarrow.parquet as pq
import pytest
from tidings_replay.core.resume import parse_token

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


def start(corner: Corner, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    """`tidings replay …` in a process of its own."""
    command = [sys.executable, "-m", "tidings", "replay", *arguments]
    environ = {**os.environ, **corner.environ(), **environment}
    return subprocess.Popen(command, env=environ, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_ctrl_c_leaves_a_whole_file_and_a_token_that_goes_on(filled: Corner, tmp_path: Path) -> None:
    """Both files together hold every row once."""
    target = tmp_path / "x.jsonl"
    with start(filled, "events.demo", "--speed", "20", "-o", str(target), "--json") as child:
        until_rows_came(child, tmp_path)
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


def until_rows_came(child: subprocess.Popen[str], folder: Path, least: int = 1) -> None:
    """Until a file that is not whole yet has so many bytes."""
    deadline = time.monotonic() + 60
    while not any(part.stat().st_size >= least for part in folder.rglob(".*.part*")):
        assert child.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture
def heavy(corner: Corner) -> Corner:
    """Two partitions of 4,000 messages of 8,000 random characters: more than any output keeps to itself."""
    corner.topic("events.heavy", partitions=2)
    for partition in (0, 1):
        texts = (os.urandom(4_000).hex() for _ in range(HEAVY // 2))
        values = [corner.message(n, text=text) for n, text in enumerate(texts, partition * HEAVY // 2)]
        corner.put("events.heavy", values, partition=partition)
    return corner


HEAVY = 8_000


def numbers(path: Path) -> list[int]:
    """The messages' numbers in an output of any format."""
    if path.is_dir():
        return sorted(n for file in path.rglob("*.parquet") for n in numbers(file))
    if path.suffix == ".parquet":
        return pq.read_table(path, columns=["sequence"]).column(0).to_pylist()  # type: ignore[no-any-return]
    if path.suffix == ".duckdb":
        with duckdb.connect(str(path), read_only=True) as db:
            return [n for (n,) in db.execute("SELECT sequence FROM events").fetchall()]
    if path.suffix == ".avro":
        with path.open("rb") as file:
            return [row["data"]["sequence"] for row in fastavro.reader(file)]  # type: ignore[index, call-overload]
    with path.open(newline="") as file:
        if path.suffix == ".csv":
            return [int(row["sequence"]) for row in csv.DictReader(file)]
        return [json.loads(line)["data"]["sequence"] for line in file]


@pytest.mark.parametrize("name", ["x.jsonl", "x.csv", "x.avro", "x.parquet", "x.duckdb", "x/"])
def test_ctrl_c_leaves_whole_files_of_every_kind(heavy: Corner, tmp_path: Path, name: str) -> None:
    """In the midst of writing, folders by two processes; what was written and what the token brings is everything,
    once."""
    more = ["--partition-by", "type", "--processes", "2"] if name.endswith("/") else []
    with start(heavy, "events.heavy", "-o", f"{tmp_path}/{name}", "--json", *more) as child:
        until_rows_came(child, tmp_path, 200_000)
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=90)
    assert child.returncode == 0, err
    told, target = json.loads(out), tmp_path / name
    first = numbers(target)
    assert told["rows"] == len(first)
    assert [p for p in tmp_path.rglob("*") if ".part" in p.name and "part2" not in p.name] == []
    if told["resume"]:  # the machine was quick enough to be through before it heard
        heavy.tidings("replay", "--resume", told["resume"])
    second = [] if more or not told["resume"] else numbers(tmp_path / name.replace(".", ".part2."))
    assert sorted(numbers(target) + second) == list(range(HEAVY))


def test_a_sink_that_goes_away_leaves_a_token_that_goes_on(filled: Corner) -> None:
    """Part of the rows were taken, then nothing more: the rest comes with the token, in batches from there on."""
    with Sink(takes=120) as sink:
        result = filled.tidings("replay", "events.demo", "-o", sink.url, "--json", exit_code=1)
        token = json.loads(result.stdout)["resume"]
        taken = list(sink.sequences)
        assert 0 < len(taken) < COUNT
        sink.takes = COUNT
        filled.tidings("replay", "--resume", token)
    assert sorted(sink.sequences) == list(range(COUNT))


class Sink(AbstractContextManager["Sink"]):
    """Takes rows as long as it has not more than `takes`; then answers 503."""

    def __init__(self, takes: int) -> None:
        self.takes, self.sequences = takes, list[int]()
        sink = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                fits = len(sink.sequences) < sink.takes
                if fits:
                    sink.sequences += [json.loads(line)["data"]["sequence"] for line in body.splitlines()]
                self.send_response(204 if fits else 503)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/"
        self._thread = threading.Thread(target=self._server.serve_forever)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def test_a_limit_while_following_gives_a_token_that_loses_nothing(filled: Corner, tmp_path: Path) -> None:
    """Rows of the same batch behind the limit come with the token."""
    told = filled.summary("events.demo", "--follow", "--limit", "150", "-o", str(tmp_path / "x.jsonl"))
    checkpoint = parse_token(told["resume"])
    rest = replace(checkpoint, request={**checkpoint.request, "follow": True, "limit": COUNT - 150}).token()
    filled.tidings("replay", "--resume", rest)
    both = numbers(tmp_path / "x.jsonl") + numbers(tmp_path / "x.part2.jsonl")
    assert sorted(both) == list(range(COUNT))


def _max_speed(token: str) -> str:
    """The same token without the pacing, so that the test need not wait."""
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


@pytest.mark.parametrize("name", ["x.jsonl", "x.csv", "x.avro", "x.parquet", "x.duckdb", "x/"])
def test_a_full_disk_is_told_and_leaves_nothing_half_written(heavy: Corner, tiny_disk: Path, name: str) -> None:
    """What is random cannot be packed into less than 32 MB, which do not fit into 17."""
    more = ["--partition-by", "partition", "--processes", "2"] if name.endswith("/") else []
    result = heavy.tidings("replay", "events.heavy", "-o", f"{tiny_disk}/{name}", *more, exit_code=1)
    assert re.search("could not write .*(No space left|disk is full)", str(result.exception))
    assert [path for path in tiny_disk.rglob("*") if path.is_file()] == []


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
    with start(filled, "events.demo", "--format", "jsonl") as child:
        assert child.stdout is not None
        first = json.loads(child.stdout.readline())
        child.stdout.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(60)
        error = child.stderr.read() if child.stderr else ""
    assert first["topic"] == "events.demo"
    assert error == ""
