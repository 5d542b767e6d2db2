"""What a real worker says of itself while something keeps it from its work."""

import re

import pytest
from tidings_schemas import Preference

from tests.service.processors.harness import PARTITIONS, Place, Worker, delayed, until
from tests.service.processors.slow_registry import slow_registry

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(180)]


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


def reasons(worker: Worker) -> list[str]:
    """Why it is not ready; empty when it is, and while nobody answers."""
    assert worker.process.poll() is None, worker.log.read_text()
    answer = worker.get("/readyz")
    if answer is None:
        return []
    found: list[str] = answer.json()["reasons"]
    assert answer.status_code == (503 if found else 200)
    return found


def _standstill(reason: str) -> int:
    seconds = re.search(r"has not moved for (\d+) s", reason)
    return int(seconds[1]) if seconds else 0


def _id_of(place: Place, name: str) -> int:
    return place.registry.id_of(place.catalogue[name])
