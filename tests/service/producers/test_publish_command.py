"""`tidings publish`: JSON lines in, receipts out."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tidings_schemas.settings import Settings

from tests.reading import read_all

pytestmark = pytest.mark.kafka

GOOD = '{"type": "tidings.demo.Message", "subject": "ada", "id": "%d", "data": {"text": "hi"}}\n'
LINES = (
    (GOOD % 1)
    + '{"type": "tidings.demo.Message", "subject": "ada", "data": {"text": 3}}\n'
    + "oops\n\n"
    + '{"type": "no.such.Type", "subject": "ada", "data": {}}\n'
    + (GOOD % 2)
)


def _publish(settings: Settings, given: bytes, *options: str) -> subprocess.CompletedProcess[bytes]:
    environ = {
        "KAFKA_BOOTSTRAP_SERVERS": settings.bootstrap_servers,
        "SCHEMA_REGISTRY_URL": settings.registry_url,
        "TIDINGS_NAMESPACE": settings.prefix,
    }
    command = [sys.executable, "-m", "tidings", "publish", *options]
    return subprocess.run(command, input=given, env=os.environ | environ, capture_output=True, timeout=60, check=False)


def test_bad_lines_are_told_and_good_neighbours_published(settings: Settings) -> None:
    """Each with its number; the exit code says that something was refused."""
    done = _publish(settings, LINES.encode())
    assert done.returncode == 1
    assert done.stdout == b"2 events published, 3 lines refused\n"
    told = done.stderr.decode().splitlines()
    assert [line.partition(":")[0] for line in told] == ["line 2", "line 3", "line 5"]
    assert "field 'text': 3 is not string" in told[0]
    assert len(read_all(settings, "events.demo")) == 2


def test_receipts_as_json_lines(settings: Settings, tmp_path: Path) -> None:
    """One line for each, in order, from a file."""
    file = tmp_path / "events.jsonl"
    file.write_text(LINES)
    done = _publish(settings, b"", str(file), "--json")
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["line"] for line in told] == [1, 2, 3, 5, 6]
    assert [line.get("offset") for line in told] == [0, None, None, None, 1]
    assert [line.get("error") for line in told] == [None, "InvalidEvent", "InvalidEvent", "UnknownEventType", None]
    assert (told[1]["field"], told[1]["retry"], told[4]["id"]) == ("text", False, "2")


def test_strict_stops_at_the_first_bad_line(settings: Settings) -> None:
    """What was before it is published, what is after it is not."""
    done = _publish(settings, LINES.encode(), "--strict")
    assert (done.returncode, done.stdout) == (1, b"1 events published, 1 lines refused\n")
    assert len(read_all(settings, "events.demo")) == 1


def test_bytes_that_are_no_text_are_told(settings: Settings) -> None:
    """A line of noise is refused like any other."""
    done = _publish(settings, b"\xff\xfe\n" + (GOOD % 1).encode())
    assert (done.returncode, done.stdout) == (1, b"1 events published, 1 lines refused\n")


def test_only_good_lines_end_well(settings: Settings) -> None:
    """Exit code 0 when everything arrived."""
    done = _publish(settings, (GOOD % 1).encode())
    assert (done.returncode, done.stdout, done.stderr) == (0, b"1 events published, 0 lines refused\n", b"")


def test_kafka_that_is_away_is_told_before_anything_is_read(settings: Settings) -> None:
    """One sentence with the remedy, and librdkafka's own line once; not a wall of tries."""
    away = settings.model_copy(update={"bootstrap_servers": "127.0.0.1:1"})
    done = _publish(away, LINES.encode())
    told = done.stderr.decode().splitlines()
    assert (done.returncode, done.stdout) == (1, b"")
    assert told[-1].startswith("error: Kafka at 127.0.0.1:1 did not answer: is it up? `tidings up` starts one")
    assert len(told) <= 3
