"""What a crash costs: nothing lost, nothing seen twice; and a worker that is stuck says so by leaving."""

import signal
from collections import Counter
from functools import partial

import httpx
import pytest
from tidings_processors.leaving import EXIT_CODE

from tests.service.processors.harness import Place, message, until

pytestmark = pytest.mark.kafka

EVENTS = 30_000


def test_kill_nine_in_mid_run_loses_nothing_and_doubles_nothing(place: Place) -> None:
    """Three workers in a row are killed at work; in the end each notification is there, each user's in order."""
    users = 20
    place.publish(*(message(f"u{n % users}", text=str(n)) for n in range(EVENTS)))
    seen = 0
    for _ in range(3):
        with place.worker(wait=False, TIDINGS_MAX_RUN="200") as worker:
            until(partial(_more_than, place, seen), "some are written")
            worker.kill(signal.SIGKILL)
        seen = place.end("notifications")
        assert seen < EVENTS, "killed too late to prove anything"
    with place.worker():
        until(lambda: place.end("notifications") >= EVENTS, "all are written", 90)
    written = place.notifications()
    assert len({notification["id"] for notification in written}) == EVENTS
    assert place.dead_letters() == []
    first: dict[str, dict[str, int]] = {}
    for notification in written:
        first.setdefault(notification["user"], {}).setdefault(notification["id"], int(notification["title"]))
    for n in range(users):
        assert list(first[f"u{n}"].values()) == list(range(n, EVENTS, users))
    twice = Counter(n["id"] for n in written)
    print(f"written twice, and told apart by id: {len(written) - len(twice)} of {EVENTS}")


def test_a_replay_of_the_whole_input_writes_nothing_twice(place: Place) -> None:
    """Commits that are lost altogether: deliver reads the end of its own output first, so all is recognised."""
    place.publish(*(message(f"u{n % 7}", text=str(n)) for n in range(500)))
    with place.worker():
        place.wait_told(500)
    _reset_group(place)
    with place.worker(TIDINGS_STAGES="deliver") as worker:
        until(lambda: _outcomes(worker.port).get("silent.duplicate") == 500, "all drafts were read again")
    assert len(place.notifications()) == 500


def test_a_worker_whose_outputs_are_refused_leaves_with_nothing_acked(place: Place) -> None:
    """The topic is gone: code 75, for a supervisor to start it again; and the event is told once the topic is back."""
    from confluent_kafka.admin import AdminClient
    from tidings_schemas.admin import ensure_topics

    admin = AdminClient(place.settings.kafka())
    name = place.settings.namespace.name("drafts")
    with place.worker(TIDINGS_STAGES="match", TIDINGS_STUCK_SECONDS="3") as worker:
        admin.delete_topics([name])[name].result(30)
        place.publish(message("ann", text="kept"))
        assert worker.process.wait(60) == EXIT_CODE
        assert "leaving" in worker.log.read_text()
    until(lambda: name not in admin.list_topics(timeout=10).topics, "the topic is gone")
    ensure_topics(place.settings)
    with place.worker():
        place.wait_told(1)
    assert place.told() == {"ann": ["kept"]}


def test_an_unknown_schema_id_waits_for_the_registry_and_then_goes_on(place: Place) -> None:
    """Registry down when the worker starts: nothing is buried for that, and all follows when it is back."""
    down = "http://127.0.0.1:9/apis/ccompat/v7"
    place.publish(message("ann", text="one"))
    with place.worker(wait=False, SCHEMA_REGISTRY_URL=down, TIDINGS_STUCK_SECONDS="30") as worker:
        until(lambda: "no answer from the schema registry" in worker.log.read_text(), "the worker asks in vain")
        assert place.records("dead-letters", 1) == []
    with place.worker():
        place.wait_told(1)
    assert place.dead_letters() == []


def _more_than(place: Place, seen: int) -> bool:
    return place.end("notifications") > seen


def _reset_group(place: Place) -> None:
    from confluent_kafka.admin import AdminClient

    admin = AdminClient(place.settings.kafka())
    group = place.settings.namespace.name("tidings-processors")

    def gone() -> bool:
        try:
            admin.delete_consumer_groups([group])[group].result(10)
        except Exception:  # its last member has not left yet
            return False
        return True

    until(gone, "the group is gone")


def _outcomes(port: int) -> dict[str, float]:
    text = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=5).text
    lines = [line for line in text.splitlines() if line.startswith("tidings_processors_outcomes_total{")]
    return {line.split('outcome="')[1].split('"')[0]: float(line.rsplit(" ", 1)[1]) for line in lines}
