"""What a real worker says of itself while something keeps it from its work, and how it ends when that lasts."""

import re

import pytest
from tidings_processors.leaving import EXIT_CODE
from tidings_schemas import Preference

from tests.service.processors.harness import PARTITIONS, Place, Worker, delayed, message, until
from tests.service.processors.slow_registry import slow_registry

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(180)]

MESSAGE = "tidings.demo.Message"


def test_a_worker_without_the_wishes_of_all_is_not_ready_and_waits_as_long_as_it_takes(place: Place) -> None:
    """Far longer than any piece of work may take; and then what is shared excepts who muted it."""
    place.prefer("eve", muted_kinds=["flight.delayed"])
    place.follow("flight:UA1545", "ann", "eve")
    place.publish(delayed(30))
    with slow_registry(place.settings.registry_url, _id_of(place, Preference.avro_name)) as registry:
        own = {"SCHEMA_REGISTRY_URL": registry.url, "TIDINGS_SHARED_ABOVE": "1", "TIDINGS_STUCK_SECONDS": "2"}
        with place.worker(wait=False, **own) as worker:
            until(lambda: "preferences of all users not restored yet" in reasons(worker), "it says what is missing")
            until(lambda: any(_standstill(reason) > 4 for reason in reasons(worker)), "twice what work may take")
            assert place.end("drafts") == 0
            registry.tell()
            worker.wait_ready()
            until(lambda: place.end("notifications") >= PARTITIONS, "the followers are told")


def test_a_stage_that_lags_is_named_with_its_figure(place: Place) -> None:
    """`/readyz` is 503 with the partition in words, `/metrics` counts what waits; both end with their cause."""
    with (
        slow_registry(place.settings.registry_url, _id_of(place, MESSAGE)) as registry,
        place.worker(SCHEMA_REGISTRY_URL=registry.url, TIDINGS_STUCK_SECONDS="12") as worker,
    ):
        place.publish(*(message("ann", text=str(n)) for n in range(3)))
        until(lambda: 3.0 in lags(worker).values(), "what waits is counted")
        ((topic, partition),) = (where for where, lag in lags(worker).items() if lag)
        assert topic == "events.demo"
        words = rf"events\.demo\[{partition}\] has 3 records waiting and has not moved for \d+ s"
        until(lambda: any(re.fullmatch(words, reason) for reason in reasons(worker)), "it is told in words")
        registry.tell()
        worker.wait_ready()
        until(lambda: set(lags(worker).values()) == {0.0}, "nothing waits any more")
    assert place.told() == {"ann": ["0", "1", "2"]}


def test_a_stage_that_is_stuck_ends_the_process_with_nothing_acked(place: Place) -> None:
    """Code 75 for whoever starts it again; then the event is told."""
    with (
        slow_registry(place.settings.registry_url, _id_of(place, MESSAGE)) as registry,
        place.worker(SCHEMA_REGISTRY_URL=registry.url, TIDINGS_STUCK_SECONDS="2") as worker,
    ):
        place.publish(message("ann", text="kept"))
        assert worker.process.wait(60) == EXIT_CODE
        assert re.search(r"leaving: .*match of .*events\.demo", worker.log.read_text())
    assert set(place.committed("events.demo")) <= {0}
    assert place.end("drafts") == place.end("notifications") == 0
    with place.worker():
        place.wait_told(1)
        until(lambda: 1 in place.committed("events.demo"), "the event is acked")
    assert place.told() == {"ann": ["kept"]}


def reasons(worker: Worker) -> list[str]:
    """Why it is not ready; empty when it is, and while nobody answers."""
    assert worker.process.poll() is None, worker.log.read_text()
    answer = worker.get("/readyz")
    if answer is None:
        return []
    found: list[str] = answer.json()["reasons"]
    assert answer.status_code == (503 if found else 200)
    return found


def lags(worker: Worker) -> dict[tuple[str, str], float]:
    """Records that wait, by topic and partition, as `/metrics` has them."""
    answer = worker.get("/metrics")
    line = r'^tidings_processors_lag_records\{partition="(\d+)",topic="([^"]+)"\} (\S+)$'
    found = re.findall(line, "" if answer is None else answer.text, re.MULTILINE)
    return {(topic, partition): float(figure) for partition, topic, figure in found}


def _standstill(reason: str) -> int:
    seconds = re.search(r"has not moved for (\d+) s", reason)
    return int(seconds[1]) if seconds else 0


def _id_of(place: Place, name: str) -> int:
    return place.registry.id_of(place.catalogue[name])
