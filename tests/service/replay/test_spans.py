"""Exactly what was asked for, on real topics of every kind."""

import json
import os
import subprocess
import sys
import time
from datetime import timedelta

import pytest

from tests.service.replay.corner import T0, Corner

pytestmark = pytest.mark.kafka


@pytest.fixture
def ten(corner: Corner) -> Corner:
    """Topic `events.demo` with ten messages, a second apart."""
    corner.topic("events.demo")
    corner.put("events.demo", corner.messages(10))
    return corner


def test_everything_by_default(ten: Corner) -> None:
    """From the first record to the end."""
    assert ten.sequences("events.demo") == list(range(10))


def test_offsets_are_half_open(ten: Corner) -> None:
    """`--from 2 --to 5` is 2, 3, 4."""
    assert ten.sequences("events.demo", "--from", "2", "--to", "5") == [2, 3, 4]


def test_times_are_half_open(ten: Corner) -> None:
    """The record at `--to` is not there."""
    since, until = (T0 + timedelta(seconds=s) for s in (3, 6))
    assert ten.sequences("events.demo", "--from", since.isoformat(), "--to", until.isoformat()) == [3, 4, 5]


def test_the_last_few(ten: Corner) -> None:
    """`--from -3`."""
    assert ten.sequences("events.demo", "--from", "-3") == [7, 8, 9]


def test_a_limit_is_exact(ten: Corner) -> None:
    """`--limit 4`."""
    assert ten.sequences("events.demo", "--limit", "4") == [0, 1, 2, 3]


def test_a_span_without_data_says_so(ten: Corner) -> None:
    """Not an error; nothing on standard output."""
    result = ten.tidings("replay", "events.demo", "--from", "2030-01-01", "--to", "2030-01-02")
    assert result.stdout == ""
    assert "no data between" in result.stderr


def test_a_topic_that_does_not_exist_names_those_that_do(ten: Corner) -> None:
    """A typing error is told with the remedy."""
    result = ten.tidings("replay", "events.dmo", exit_code=1)
    assert "events.demo" in str(result.exception)


def test_partitions_are_merged_by_time_for_those_who_watch(corner: Corner) -> None:
    """Even numbers in one partition, odd ones in the other."""
    corner.topic("events.demo", partitions=2)
    for partition in (0, 1):
        values = [corner.message(n) for n in range(partition, 10, 2)]
        for at, value in enumerate(values):
            corner.put("events.demo", [value], partition=partition, first=T0 + timedelta(seconds=2 * at + partition))
    assert corner.sequences("events.demo", "--ordered") == list(range(10))


def test_a_compacted_topic_ends_though_its_last_offset_is_gone(corner: Corner) -> None:
    """Holes at the edge neither hang the reader nor let one record too many in."""
    corner.topic("preferences", cleanup_policy="compact")
    corner.put("preferences", [corner.message(n) for n in range(4)] + [None], keys=["a", "b", "a", "b", "a"])
    assert [row["offset"] for row in corner.rows("preferences", "--from", "1", "--to", "4")] == [1, 2, 3]
    assert corner.rows("preferences", "--from", "4")[0]["type"] == "tombstone"


def test_aborted_records_and_markers_are_not_seen(corner: Corner) -> None:
    """A transactional topic: committed 0–2, aborted 100–102, committed 3–5; the last offset is a marker."""
    corner.topic("events.demo")
    producer = corner.producer(transactional_id=corner.prefix + "tx")
    producer.init_transactions(30)
    for numbers, good in (((0, 1, 2), True), ((100, 101, 102), False), ((3, 4, 5), True)):
        producer.begin_transaction()
        for n in numbers:
            producer.produce(corner.prefix + "events.demo", corner.message(n), "k")
        producer.flush(30)
        producer.commit_transaction(30) if good else producer.abort_transaction(30)
    assert corner.sequences("events.demo") == [0, 1, 2, 3, 4, 5]
    assert corner.sequences("events.demo", "--from", "2", "--to", "9") == [2, 3]


def test_an_open_transaction_does_not_hold_the_replay_up(corner: Corner) -> None:
    """It ends at the last stable record."""
    corner.topic("events.demo")
    corner.put("events.demo", corner.messages(3))
    producer = corner.producer(transactional_id=corner.prefix + "tx")
    producer.init_transactions(30)
    producer.begin_transaction()
    producer.produce(corner.prefix + "events.demo", corner.message(3), "k")
    producer.flush(30)
    assert corner.sequences("events.demo") == [0, 1, 2]
    producer.abort_transaction(30)


def test_what_retention_has_cut_is_told_with_what_is_left(ten: Corner) -> None:
    """Records 0–5 are deleted; the rest comes, with a note."""
    from confluent_kafka import TopicPartition

    futures = ten.admin.delete_records([TopicPartition(ten.prefix + "events.demo", 0, 6)])
    for future in futures.values():
        future.result(20)
    result = ten.tidings("replay", "events.demo", "--from", "2")
    assert len(result.stdout.splitlines()) == 4
    assert "4 earlier offsets are gone by retention" in result.stderr
    result = ten.tidings("replay", "events.demo", "--from", T0.isoformat())
    assert "what is left begins at offset 6" in result.stderr


def test_follow_goes_on_with_what_arrives(ten: Corner) -> None:
    """`--follow --limit 12`: ten are there, two arrive meanwhile."""
    import threading

    later = threading.Timer(1.0, lambda: ten.put("events.demo", ten.messages(2, first=10)))
    later.start()
    try:
        assert ten.sequences("events.demo", "--follow", "--limit", "12") == list(range(12))
    finally:
        later.join()


def test_what_was_meant_is_guessed_from_what_was_written(ten: Corner) -> None:
    """A slip of the finger in a topic's name, and a partition that is not there."""
    assert "did you mean events.demo?" in str(ten.tidings("replay", "events.dmeo", exit_code=1).exception)
    result = ten.tidings("replay", "events.demo", "--partitions", "7", exit_code=1)
    assert "partitions 0 to 0" in str(result.exception)


def test_a_span_of_all_times_is_everything(ten: Corner) -> None:
    """From before Kafka's first moment to the end of the calendar."""
    assert ten.sequences("events.demo", "--from", "0001-01-01", "--to", "9999-12-31") == list(range(10))


def test_the_same_sample_comes_at_every_run(ten: Corner) -> None:
    """However it is read."""
    ten.put("events.demo", ten.messages(300, first=10))
    first = ten.sequences("events.demo", "--sample", "0.3")
    assert 50 < len(first) < 150
    assert first == ten.sequences("events.demo", "--sample", "0.3", "--ordered")


def test_the_events_own_spacing_is_kept(ten: Corner) -> None:
    """Ten events a second apart at three times their speed: three seconds between the first and the last."""
    command = [sys.executable, "-m", "tidings", "replay", "events.demo", "--speed", "3"]
    with subprocess.Popen(command, env={**os.environ, **ten.environ()}, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        came = [(time.monotonic(), json.loads(line)["data"]["sequence"]) for line in child.stdout]
    assert [n for _, n in came] == list(range(10))
    assert came[-1][0] - came[0][0] == pytest.approx(3.0, abs=0.5)
