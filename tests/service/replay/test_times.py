"""Times that are none, in records of a real topic: no output ends, and neighbours go on."""

import csv
import json
from io import BytesIO
from pathlib import Path
from typing import Any

import duckdb
import fastavro
import pyarrow.parquet as pq
import pytest
from fastavro import schemaless_writer
from tidings_schemas import framing

from tests.service.replay.corner import T0, Corner
from tests.service.replay.test_dlq import letter

pytestmark = pytest.mark.kafka
CANCELLED = "tidings.flights.FlightCancelled"
TOPIC = "events.flights"
T0_MS = round(T0.timestamp() * 1000)
AWAY = 2**60  # ms: 36 million years from now
#: (event's id, Kafka's timestamp, when the flight should have left, `ce_time`), ms since 1970.
RECORDS = [
    ("sound", T0_MS, T0_MS, T0.isoformat()),
    ("record-of-another-age", AWAY, T0_MS, None),
    ("departure-of-another-age", T0_MS, AWAY, T0.isoformat()),
    ("event-after-all-time", T0_MS, T0_MS, "9999-12-31T23:59:59-05:00"),
    ("event-in-the-year-0", T0_MS, T0_MS, "0000-01-01T00:00:00Z"),
    ("record-before-1970", -5000, T0_MS, None),
    ("last", T0_MS + 1000, T0_MS, T0.isoformat()),
]
KEPT = [one[0] for one in RECORDS if one[2] != AWAY]


def cancelled(corner: Corner, departure_ms: int) -> bytes:
    """A cancelled flight with any number for its time of departure, as a foreign producer may write it."""
    flight = {"flight": "UA1", "carrier": "UA", "number": 1, "origin": "EWR", "destination": "IAH"}
    sound = corner.codec.encode(CANCELLED, {**flight, "scheduled_departure": T0})
    schema = json.loads(json.dumps(corner.codec.catalogue[CANCELLED].json).replace('"logicalType"', '"was"'))
    buffer = BytesIO(sound[: framing.SIZE])
    buffer.seek(framing.SIZE)
    schemaless_writer(buffer, fastavro.parse_schema(schema), {**flight, "scheduled_departure": departure_ms})
    return buffer.getvalue()


def put(corner: Corner) -> None:
    """The records, in one partition."""
    corner.topic(TOPIC, message_timestamp_after_max_ms=str(2**63 - 1))
    producer = corner.producer()
    for name, stamp, departure, time in RECORDS:
        said = {"ce_id": name, "ce_source": "/t", "ce_type": CANCELLED, "ce_subject": "UA1", "ce_time": time}
        headers = [(header, text.encode()) for header, text in said.items() if text is not None]
        value = cancelled(corner, departure)
        producer.produce(corner.prefix + TOPIC, value, "UA1", timestamp=stamp, headers=headers)  # type: ignore[arg-type]
    assert producer.flush(30) == 0


@pytest.fixture
def aged(corner: Corner) -> Corner:
    """The topic."""
    put(corner)
    return corner


def _csv(path: Path) -> list[Any]:
    with path.open(newline="") as file:
        return [row["_id"] for row in csv.DictReader(file)]


def _avro(path: Path) -> list[Any]:
    with path.open("rb") as file:
        return [row["id"] for row in fastavro.reader(file)]  # type: ignore[index, call-overload]


def _duckdb(path: Path) -> list[Any]:
    with duckdb.connect(str(path)) as db:
        return [row[0] for row in db.sql("SELECT _id FROM events ORDER BY _offset").fetchall()]


READ = {
    "jsonl": lambda path: [json.loads(line)["id"] for line in path.read_text().splitlines()],
    "csv": _csv,
    "avro": _avro,
    "parquet": lambda path: pq.read_table(path).column("_id").to_pylist(),
    "duckdb": _duckdb,
}


@pytest.mark.parametrize("how", [(), ("--ordered",), ("--speed", "1000000")], ids=["in bulk", "ordered", "paced"])
def test_every_file_holds_what_decodes(aged: Corner, tmp_path: Path, how: tuple[str, ...]) -> None:
    """The one record whose own time is none is in the side file; of the others, all rows."""
    for ending, ids in READ.items():
        told = aged.summary(TOPIC, "-o", str(tmp_path / f"x.{ending}"), *how)
        assert ids(tmp_path / f"x.{ending}") == KEPT, ending
        (failure,) = [json.loads(line) for line in Path(told["undecodable_files"][0]).read_text().splitlines()]
        assert (told["undecodable"], failure["offset"], failure["error_class"]) == (1, 2, "UndecodableValue")


def test_a_time_that_is_none_is_told_as_none(aged: Corner) -> None:
    """Kafka's where the event's is none; neither where Kafka's is none; times before 1970 as they are."""
    rows = {row["id"]: row for row in aged.rows(TOPIC)}
    about = {name: (row.get("timestamp", "")[:4], row.get("time", "")[:4]) for name, row in rows.items()}
    now = str(T0.year)
    assert about == {
        "sound": (now, now),
        "record-of-another-age": ("", ""),
        "event-after-all-time": (now, now),
        "event-in-the-year-0": (now, now),
        "record-before-1970": ("1969", "1969"),
        "last": (now, now),
    }


def test_a_terminal_folders_and_a_topic_hold_them_too(aged: Corner, tmp_path: Path) -> None:
    """A table on the screen, folders by date, a sandbox topic, of which the rows come back."""
    assert aged.tidings("replay", TOPIC, "--format", "table").stdout.count("FlightCancelled") == len(KEPT)
    aged.tidings("replay", TOPIC, "-o", f"{tmp_path}/x/", "--partition-by", "date")
    assert "date=__HIVE_DEFAULT_PARTITION__" in {folder.name for folder in (tmp_path / "x").iterdir()}
    sandbox = f"sandbox.{aged.prefix}"
    other = Corner(aged.endpoints, sandbox, aged.home)
    other.topic(TOPIC)
    aged.tidings("replay", TOPIC, "-o", f"kafka:{sandbox}{TOPIC}", "--personal")
    assert [row["id"] for row in other.rows(TOPIC)] == KEPT


def test_sql_counts_and_shows_them(aged: Corner) -> None:
    """Also times that DuckDB works out and no other reader has."""
    query = f"select _id, _timestamp, _timestamp + interval 20000 year far from {TOPIC} order by _offset"
    rows = json.loads(aged.tidings("sql", "--json", query).stdout)
    assert [row["_id"] for row in rows] == KEPT
    assert (rows[1]["_timestamp"], rows[1]["far"]) == (None, None)
    assert rows[0]["far"].startswith(str(T0.year + 20000))
    aged.tidings("sql", query)
    aged.tidings("sql", "select [timestamp '290000-01-01'] deep, 'infinity'::timestamp t")


def test_explain_finds_an_event_of_no_time(aged: Corner) -> None:
    """It says what is wrong with it, and finds the others beside it."""
    for name in ("notifications", "follows", "drafts", "matches", "decisions", "dead-letters", "rules"):
        aged.topic(name)
    strange = aged.tidings("explain", "--event", "record-of-another-age", "--user", "ann", "--from", "earliest")
    assert "no time" in strange.stdout
    assert (
        "event last of /t" in aged.tidings("explain", "--event", "last", "--user", "ann", "--from", "earliest").stdout
    )


def test_what_if_counts_what_has_no_time_as_failed(aged: Corner, tmp_path: Path) -> None:
    """The others are judged."""
    for name in ("notifications", "follows", "preferences"):
        aged.topic(name)
    rules = tmp_path / "rules.yaml"
    rules.write_text(
        f"rules:\n  - name: r\n    match: {CANCELLED}\n    audience: {{users: flight}}\n    kind: k\n"
        "    text: {en: {title: '{{ flight }}'}}\n"
    )
    told = aged.tidings("whatif", str(rules), TOPIC, "--from", "earliest").output
    assert "1 events failed" in told


def test_dead_letters_of_any_time_are_listed_and_counted(corner: Corner) -> None:
    """Buckets of two weeks would begin before the year 1."""
    corner.topic("dead-letters", message_timestamp_after_max_ms=str(2**63 - 1))
    early = letter(corner, 1, b"x", at=T0.replace(year=1, month=1, day=1))
    producer = corner.producer()
    for value in (early, letter(corner, 2, b"y")):
        producer.produce(corner.prefix + "dead-letters", value, "k", timestamp=AWAY)
    assert producer.flush(30) == 0
    assert len(json.loads(corner.tidings("dlq", "list", "--json").stdout)) == 2
    assert sum(one["count"] for one in json.loads(corner.tidings("dlq", "stats", "--per", "2w", "--json").stdout)) == 2
    corner.tidings("dlq", "stats", "--per", "2w")
