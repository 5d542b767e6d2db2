"""The flights source on a real Kafka."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tidings_producers.core.followables import of_flights
from tidings_producers.publisher import Publisher
from tidings_producers.sources.announcer import announce
from tidings_producers.sources.flights import Plan, run
from tidings_producers.sources.nycflights import NycFlights
from tidings_producers.sources.recent import recent
from tidings_schemas.settings import Settings
from tidings_schemas.topics import FOLLOWABLES

from tests.reading import read_all

pytestmark = pytest.mark.kafka

MORNING = datetime(2013, 1, 10, 11, tzinfo=UTC)  # six o'clock in New York
FAST = 1e6  # faster than Kafka: no waiting


@pytest.fixture(scope="module")
def data() -> NycFlights:
    """All flights, read once."""
    return NycFlights()


def _ids(settings: Settings, source: str) -> list[str]:
    headers: list[Any] = [record.headers() for record in read_all(settings, "events.flights")]
    return [dict(pairs)["ce_id"].decode() for pairs in headers if dict(pairs)["ce_source"].decode() == source]


def _play(plan: Plan, data: NycFlights, settings: Settings, stop_after: int | None = None) -> int:
    stop = threading.Event()
    with Publisher(settings) as publisher:
        played = run(plan, data, settings, publisher, stop, lambda p: p.events == stop_after and stop.set())
    return played.events


def test_an_hour_is_played_in_order(data: NycFlights, settings: Settings) -> None:
    """Just the events of that hour, each flight's in order, each with the time at which it happened."""
    count = _play(Plan(MORNING, FAST, MORNING + timedelta(hours=1)), data, settings)
    told = recent(settings, "events.flights")
    assert count == len(told) > 100
    assert all(MORNING <= one.time < MORNING + timedelta(hours=1) for one in told)
    for subject in {one.subject for one in told}:
        times = [one.time for one in told if one.subject == subject]
        assert times == sorted(times)


def test_a_stopped_run_goes_on_where_it_was(data: NycFlights, settings: Settings) -> None:
    """Nothing twice, nothing left out, whatever moment it was stopped at."""
    plan = Plan(MORNING, FAST, MORNING + timedelta(hours=1))
    first = _play(plan, data, settings, stop_after=40)
    second = _play(plan, data, settings)
    third = _play(plan, data, settings)
    ids = _ids(settings, "/flights/nyc/2013-01-10T0600/1")
    assert (first, third) == (40, 0)
    assert len(ids) == len(set(ids)) == first + second


def test_again_plays_new_events_and_restart_the_old_ones(data: NycFlights, settings: Settings) -> None:
    """`again` has a source of its own, `restart` repeats ids, so that duplicates are recognised."""
    until = MORNING + timedelta(minutes=10)
    count = _play(Plan(MORNING, FAST, until), data, settings)
    assert _play(Plan(MORNING, FAST, until, again=True), data, settings) == count
    assert _play(Plan(MORNING, FAST, until, restart=True), data, settings) == count
    base = "/flights/nyc/2013-01-10T0600"
    assert sorted(_ids(settings, f"{base}/1")) == sorted(2 * _ids(settings, f"{base}/2"))


def test_a_loop_begins_anew_until_it_is_stopped(data: NycFlights, settings: Settings) -> None:
    """Each pass has new events."""
    until = MORNING + timedelta(minutes=10)
    once = _play(Plan(MORNING, FAST, until), data, settings)
    assert _play(Plan(MORNING, FAST, until, loop=True, again=True), data, settings, stop_after=2 * once + 1) > 2 * once
    sources = {one.source for one in recent(settings, "events.flights")}
    assert {f"/flights/nyc/2013-01-10T0600/{number}" for number in (1, 2, 3, 4)} == sources


def test_what_is_known_is_not_announced_again(data: NycFlights, publisher: Publisher, settings: Settings) -> None:
    """The first start announces 6,072 things to follow, the second none, and one that was withdrawn comes back."""
    wanted = of_flights(data.legs(), data.names)
    assert announce(settings, publisher, wanted) == len(wanted) == 6072
    assert announce(settings, publisher, wanted) == 0
    publisher.withdraw("airport:JFK").result(30)
    assert announce(settings, publisher, wanted) == 1
    assert read_all(settings, FOLLOWABLES.name)[-1].key() == b"airport:JFK"


def test_the_process_plays_by_the_clock_and_ends_safely_when_asked(settings: Settings, tmp_path: Path) -> None:
    """At SIGTERM it flushes, says what it did, and ends with 0."""
    environ = {
        "KAFKA_BOOTSTRAP_SERVERS": settings.bootstrap_servers,
        "SCHEMA_REGISTRY_URL": settings.registry_url,
        "TIDINGS_NAMESPACE": settings.prefix,
    }
    options = ["--speed", "600", "--from", "2013-01-10T06:00", "--json"]
    command = [sys.executable, "-m", "tidings_producers", "flights", *options]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command, env=os.environ | environ, stdout=subprocess.PIPE, stderr=log)
    deadline = time.monotonic() + 90
    while len(recent(settings, "events.flights")) < 20:
        assert process.poll() is None, (tmp_path / "log").read_text()
        assert time.monotonic() < deadline
        time.sleep(0.2)
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=30)
    done = json.loads(out)
    assert process.returncode == 0
    assert done["events"] == len(recent(settings, "events.flights"))
    assert sum(done["by_type"].values()) == done["events"]
