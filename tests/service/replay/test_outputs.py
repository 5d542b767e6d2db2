"""Every format holds the same rows, and is whole or not there."""

import csv
import json
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import duckdb
import fastavro
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from confluent_kafka import Consumer, TopicPartition

from tests.service.replay.corner import T0, Corner

pytestmark = pytest.mark.kafka
COUNT = 300


@pytest.fixture
def mixed(corner: Corner) -> Corner:
    """Topic `events.mixed`: messages, one cancelled flight, one record that does not decode."""
    corner.topic("events.mixed", partitions=2)
    flight = {"flight": "UA1", "carrier": "UA", "number": 1, "origin": "EWR", "destination": "IAH"}
    cancelled = corner.codec.encode("tidings.flights.FlightCancelled", {**flight, "scheduled_departure": T0})
    corner.put("events.mixed", [*corner.messages(COUNT), cancelled, b"junk"])
    corner.put("events.mixed", corner.messages(COUNT, first=COUNT), partition=1)
    return corner


def _sequences(rows: Any) -> list[int]:
    return sorted(int(n) for n in rows if n not in (None, ""))


def test_a_parquet_file_holds_every_row_and_says_what_it_is(mixed: Corner, tmp_path: Path) -> None:
    """One file though the columns widened on the way."""
    target = tmp_path / "x.parquet"
    told = mixed.summary("events.mixed", "-o", str(target))
    table = pq.read_table(target)
    assert _sequences(table.column("sequence").to_pylist()) == list(range(2 * COUNT))
    assert table.column("flight").to_pylist().count("UA1") == 1
    assert (told["rows"], told["undecodable"], told["files"]) == (2 * COUNT + 1, 1, [str(target)])
    metadata = pq.read_metadata(target).metadata
    assert metadata[b"tidings.classification"] == b"public"
    assert b"events.mixed" in metadata[b"tidings.replay"]
    assert [p.name for p in tmp_path.iterdir() if ".part" in p.name] == []


def test_the_side_file_has_what_did_not_decode(mixed: Corner, tmp_path: Path) -> None:
    """With place, cause and bytes, beside the output, for its owner's eyes; the run went on."""
    told = mixed.summary("events.mixed", "-o", str(tmp_path / "x.jsonl"), "--personal")
    assert told["undecodable_files"] == [str(tmp_path / "x.jsonl.undecodable.jsonl")]
    (failure,) = _failures(told)
    assert (failure["partition"], failure["offset"], failure["value"]) == (0, COUNT + 1, "anVuaw==")
    assert failure["error_class"] == "UndecodableValue"
    assert (tmp_path / "x.jsonl.undecodable.jsonl").stat().st_mode & 0o077 == 0


def _failures(told: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [json.loads(line) for path in told["undecodable_files"] for line in Path(path).read_text().splitlines()]


def test_bytes_that_cannot_be_masked_are_left_out_of_a_masked_export(mixed: Corner, tmp_path: Path) -> None:
    """Nobody knows what the topic's undecodable bytes hold: place and cause are told, key and value only to who may."""
    (failure,) = _failures(mixed.summary("events.mixed", "-o", str(tmp_path / "x.jsonl")))
    assert (failure["offset"], failure["key"], failure["value"], failure["withheld"]) == (COUNT + 1, None, None, True)


def test_a_second_run_does_not_double_the_side_file(mixed: Corner, tmp_path: Path) -> None:
    """It is the side file of the export that lies beside it."""
    runs = [mixed.summary("events.mixed", "-o", str(tmp_path / "x.csv")) for _ in range(2)]
    assert len(_failures(runs[1])) == 1


def test_looking_at_a_topic_leaves_no_file_where_one_stands(
    mixed: Corner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without an output file the side file is in the state folder, or where `--undecodable` says."""
    monkeypatch.chdir(tmp_path)
    result = mixed.tidings("replay", "events.mixed", "--json")
    (path,) = json.loads(result.stderr)["undecodable_files"]
    assert Path(path).parent == mixed.home / "state" / "undecodable"
    assert list(tmp_path.iterdir()) == []
    mixed.tidings("replay", "events.mixed", "--undecodable", "bad.jsonl")
    assert [p.name for p in tmp_path.iterdir()] == ["bad.jsonl"]


def test_a_condition_that_a_type_cannot_meet_is_counted(mixed: Corner, tmp_path: Path) -> None:
    """The cancelled flight has no `sequence`: left out, and said."""
    where = ("--where", "event.sequence < 10")
    told = mixed.summary("events.mixed", *where, "-o", str(tmp_path / "x.jsonl"))
    assert (told["rows"], told["condition_errors"]) == (10, 1)


def test_folders_by_type_are_read_as_one_dataset(mixed: Corner, tmp_path: Path) -> None:
    """Several processes, each with its own files."""
    out = f"{tmp_path}/out/"
    told = mixed.summary("events.mixed", "-o", out, "--partition-by", "type", "--processes", "2")
    found = ds.dataset(f"{out}/type=tidings.demo.Message", format="parquet").to_table()
    assert _sequences(found.column("sequence").to_pylist()) == list(range(2 * COUNT))
    assert told["undecodable"] == 1
    assert len(list(Path(out).glob("type=tidings.demo.Message/*.parquet"))) == 2


def test_a_csv_file_has_one_header_over_all_types(mixed: Corner, tmp_path: Path) -> None:
    """Columns that turned up late are filled up in earlier rows."""
    target = tmp_path / "x.csv"
    mixed.summary("events.mixed", "-o", str(target))
    with target.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert _sequences(row["sequence"] for row in rows) == list(range(2 * COUNT))
    assert [row["flight"] for row in rows if row["flight"]] == ["UA1"]


def test_avro_files_keep_the_events_own_schema(mixed: Corner, tmp_path: Path) -> None:
    """One container for each record type."""
    told = mixed.summary("events.mixed", "-o", str(tmp_path / "x.avro"))
    assert sorted(Path(f).name for f in told["files"]) == ["x.FlightCancelled.avro", "x.Message.avro"]
    with (tmp_path / "x.Message.avro").open("rb") as file:
        reader = fastavro.reader(file)
        rows: list[Any] = list(reader)
    assert _sequences(row["data"]["sequence"] for row in rows) == list(range(2 * COUNT))
    assert rows[0]["headers"] == {"trace": "t0"}


def test_a_duckdb_file_has_a_table_of_events(mixed: Corner, tmp_path: Path) -> None:
    """With the replay's own description beside."""
    target = tmp_path / "x.duckdb"
    mixed.summary("events.mixed", "-o", str(target))
    with duckdb.connect(str(target), read_only=True) as db:
        assert db.execute("SELECT count(sequence), max(sequence) FROM events").fetchall() == [
            (2 * COUNT, 2 * COUNT - 1)
        ]
        assert dict(db.execute("SELECT * FROM replay").fetchall())["tidings.classification"] == "public"


def test_another_topic_gets_the_original_bytes_and_a_mark(mixed: Corner) -> None:
    """In a sandbox only."""
    target = mixed.topic("x")
    sandbox = "sandbox." + mixed.prefix + target
    mixed.admin.create_topics([_new(sandbox)])[sandbox].result(20)
    mixed.summary("events.mixed", "--partitions", "1", "-o", f"kafka:{sandbox}", "--personal")
    consumer = Consumer(mixed.settings.kafka(**{"group.id": "x"}))
    consumer.assign([TopicPartition(sandbox, 0, 0)])
    copies = consumer.consume(COUNT, 20)
    consumer.close()
    assert [m.value() for m in copies] == mixed.messages(COUNT, first=COUNT)
    headers = dict(copies[5].headers() or [])
    assert headers["trace"] == b"t5"
    assert headers["tidings-replay"].endswith(b";events.mixed:1:5")  # type: ignore[union-attr]


def _new(name: str) -> Any:
    from confluent_kafka.admin import NewTopic  # type: ignore[attr-defined]

    return NewTopic(name, num_partitions=1, replication_factor=1)


def test_a_topic_outside_a_sandbox_is_refused(mixed: Corner) -> None:
    """No replay can reach a real user."""
    result = mixed.tidings("replay", "events.mixed", "-o", "kafka:notifications", "--personal", exit_code=1)
    assert "sandbox" in str(result.exception)


@pytest.fixture
def sink() -> Iterator[tuple[str, list[tuple[str, bytes]]]]:
    """A receiver that is overloaded at first, then takes everything."""
    taken: list[tuple[str, bytes]] = []
    seen: list[int] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            seen.append(1)
            busy = len(seen) == 1
            if not busy:
                taken.append((self.headers["idempotency-key"], body))
            self.send_response(503 if busy else 204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/", taken
    server.shutdown()
    thread.join()
    server.server_close()


def test_an_http_sink_gets_every_row_though_it_was_busy(
    mixed: Corner, sink: tuple[str, list[tuple[str, bytes]]]
) -> None:
    """A 503 is tried again; each batch has a key of its own."""
    url, taken = sink
    mixed.summary("events.mixed", "-o", url)
    rows = [json.loads(line) for _, body in taken for line in body.splitlines()]
    assert _sequences(row["data"].get("sequence") for row in rows) == list(range(2 * COUNT))
    assert len({key for key, _ in taken}) == len(taken)


def test_a_name_without_a_format_is_refused_before_anything_is_read(mixed: Corner) -> None:
    """The error lists the endings."""
    result = mixed.tidings("replay", "events.mixed", "-o", "export.xyz", exit_code=1)
    assert ".parquet" in str(result.exception)


def test_a_field_that_nothing_has_makes_no_folders(mixed: Corner, tmp_path: Path) -> None:
    """The error lists the columns; nothing is left."""
    out = f"{tmp_path}/out/"
    result = mixed.tidings("replay", "events.mixed", "-o", out, "--partition-by", "sequense", exit_code=1)
    assert "sequence" in str(result.exception)
    assert list(Path(out).rglob("*.parquet")) == []


def test_a_field_that_only_some_types_have_makes_folders_for_all(mixed: Corner, tmp_path: Path) -> None:
    """The messages have no flight: they lie in the folder that Hive has for that."""
    out = tmp_path / "out"
    mixed.summary("events.mixed", "-o", f"{out}/", "--partition-by", "flight")
    assert sorted(p.name for p in out.glob("flight=*")) == ["flight=UA1", "flight=__HIVE_DEFAULT_PARTITION__"]


def test_a_schema_that_is_gone_ends_no_run(mixed: Corner, tmp_path: Path) -> None:
    """Its records are counted and kept with their bytes; the others come."""
    mixed.put("events.mixed", [bytes.fromhex("007fffff00") + b"x", mixed.message(777)])
    told = mixed.summary("events.mixed", "-o", str(tmp_path / "x.parquet"), "--personal")
    gone = [f for f in _failures(told) if f["error_class"] == "UnknownSchemaId"]
    assert (told["rows"], told["undecodable"], len(gone)) == (2 * COUNT + 2, 2, 1)
    assert 777 in pq.read_table(tmp_path / "x.parquet").column("sequence").to_pylist()
