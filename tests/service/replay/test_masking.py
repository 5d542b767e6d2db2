"""Personal data in every output: masked unless the analyst says otherwise, which is written down."""

import json
from collections.abc import Iterator
from pathlib import Path

import duckdb
import fastavro
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from tests.service.replay.corner import T0, Corner
from tests.service.replay.test_outputs import sink

pytestmark = pytest.mark.kafka
__all__ = ["sink"]


@pytest.fixture
def receipts(corner: Corner) -> Corner:
    """One receipt of alice, keyed by her name, and one record under her name that does not decode."""
    corner.topic("receipts")
    receipt = {"id": "r", "user": "alice", "notifications": ["n"], "state": "read", "at": T0, "device": None}
    values = [corner.codec.encode("tidings.Receipt", receipt), b"junk of alice"]
    corner.put("receipts", values, keys=["alice", "alice"])
    return corner


def _texts(path: Path) -> Iterator[str]:
    """Everything an output says, file by file."""
    for file in sorted(p for p in (path.parent.rglob("*"))):
        if file.suffix == ".parquet":
            yield str(ds.dataset(file).to_table().to_pylist()) + str(pq.read_metadata(file).metadata)
        elif file.suffix == ".duckdb":
            with duckdb.connect(str(file), read_only=True) as db:
                yield str(db.execute("FROM events").fetchall()) + str(db.execute("FROM replay").fetchall())
        elif file.suffix == ".avro":
            with file.open("rb") as opened:
                yield str(list(fastavro.reader(opened)))
        elif file.is_file():
            yield file.read_bytes().decode()


@pytest.mark.parametrize("name", ["x.jsonl", "x.csv", "x.avro", "x.parquet", "x.duckdb", "x/"])
def test_no_file_names_a_person_unless_asked_to(receipts: Corner, tmp_path: Path, name: str) -> None:
    """Nor do the files beside it: the side file, the metadata."""
    more = ["--partition-by", "user"] if name.endswith("/") else []
    masked, clear = tmp_path / "masked", tmp_path / "clear"
    told = receipts.summary("receipts", "-o", f"{masked}/{name}", *more)
    assert (told["rows"], told["undecodable"], told["classification"]) == (1, 1, "masked")
    said = "".join(_texts(masked / name)) + " ".join(map(str, masked.rglob("*")))
    assert "masked:" in said
    assert "alice" not in said
    receipts.summary("receipts", "-o", f"{clear}/{name}", *more, "--personal")
    assert "alice" in "".join(_texts(clear / name))


def test_no_terminal_shows_a_person(receipts: Corner) -> None:
    """The table and the lines of a replay, and the rows of a query."""
    for arguments in (
        ("replay", "receipts", "--format", "table"),
        ("replay", "receipts"),
        ("sql", "select * from receipts"),
        ("sql", "--json", "select * from receipts"),
    ):
        shown = receipts.tidings(*arguments).output
        assert "masked:" in shown
        assert "alice" not in shown


def test_no_http_sink_is_told_of_a_person(receipts: Corner, sink: tuple[str, list[tuple[str, bytes]]]) -> None:
    """As for the files."""
    url, taken = sink
    receipts.summary("receipts", "-o", url)
    body = b"".join(body for _, body in taken)
    assert b"masked:" in body
    assert b"alice" not in body


def test_a_saved_query_names_nobody(receipts: Corner, tmp_path: Path) -> None:
    """A query's condition sees pseudonyms too: a name finds nothing."""
    receipts.tidings("sql", "-o", str(tmp_path / "x.parquet"), "select * from receipts")
    assert "alice" not in "".join(_texts(tmp_path / "x.parquet"))
    found = receipts.tidings("sql", "--json", "select count(*) n from receipts where \"user\" = 'alice'").stdout
    assert json.loads(found) == [{"n": 0}]


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("replay", "receipts", "--personal"), "personal data replayed in clear"),
        (("sql", "--personal", "select * from receipts"), "personal data queried in clear"),
    ],
)
def test_showing_persons_leaves_an_audit_line(receipts: Corner, command: tuple[str, ...], said: str) -> None:
    """With what was asked for; without --personal there is none."""
    result = receipts.tidings(*command, LOG_FORMAT="json")
    lines = [json.loads(line) for line in result.stderr.splitlines() if line.startswith("{")]
    (line,) = [line for line in lines if line["event"] == said]
    assert "receipts" in str(line)
    quiet = receipts.tidings(*(word for word in command if word != "--personal"), LOG_FORMAT="json")
    assert said not in quiet.stderr
