"""The policy on a real Kafka: what is held outlives the worker that held it, and is told once."""

import signal
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka.admin import AdminClient

from tests.service.processors.harness import Place, held, message, until

pytestmark = pytest.mark.kafka

RULES = """
rules:
  - name: gathered
    match: tidings.demo.Message
    when: text.startsWith("g")
    audience: {users: user}
    kind: gathered
    digest: {every: 3s, most: 4}
    text: {en: {title: "{{ text }}"}}
  - name: plain
    match: tidings.demo.Message
    when: text.startsWith("p")
    audience: {users: user}
    kind: plain
    collapse_key: "{{ topic or '' }}"
    text: {en: {title: "{{ text }}"}}
  - name: alarm
    match: tidings.demo.Message
    when: text.startsWith("a")
    audience: {users: user}
    kind: alarm
    priority: critical
    collapse_key: "{{ topic or '' }}"
    text: {en: {title: "{{ text }}"}}
"""


@pytest.fixture
def worker_env(tmp_path: Path) -> dict[str, str]:
    """Workers that go by these rules."""
    path = tmp_path / "rules.yaml"
    path.write_text(RULES)
    return {"TIDINGS_RULES": str(path)}


def test_what_is_gathered_is_told_in_one_though_the_worker_dies(place: Place, worker_env: dict[str, str]) -> None:
    """Killed while it holds, killed when it has told: the next one knows what is held, and what was told."""
    with place.worker(**worker_env) as worker:
        place.publish(*(message("ann", text=f"g{n}") for n in range(6)))
        until(lambda: place.end("policy") >= 6, "six are held")
        worker.kill(signal.SIGKILL)
    assert place.notifications() == []
    with place.worker(**worker_env) as worker:
        (told,) = place.wait_told(1)
        worker.kill(signal.SIGKILL)
    assert (told["count"], told["items"]) == (6, [f"g{n}" for n in range(2, 6)])
    with place.worker(**worker_env):
        place.publish(message("ann", text="p"))
        place.wait_told(2)
    assert [(n["title"], n["count"]) for n in place.notifications()] == [("6 new notifications", 6), ("p", 1)]


def test_kills_at_any_time_lose_nothing_that_is_gathered(place: Place, worker_env: dict[str, str]) -> None:
    """Digests that are due all the while, and a worker that is killed three times in between."""
    users, each, kills = 20, 1_500, 3
    events = each * kills
    for kill in range(kills):
        # Anew each time: a quick worker would have done in its first two lives what the third is to be killed at.
        numbers = range(kill * each, (kill + 1) * each)
        place.publish(*(message(f"u{n % users}", text=f"g{n}") for n in numbers))
        with place.worker(wait=False, TIDINGS_MAX_RUN="100", **worker_env) as worker:
            before = place.end("policy")
            until(partial(_more, place, before + 400), f"it works, for the {kill + 1}. time")
            worker.kill(signal.SIGKILL)
    with place.worker(**worker_env):
        until(lambda: _counted(place.notifications()) >= events, "all are told", 90)
    told = place.notifications()
    assert len({notification["id"] for notification in told}) == len(told)
    assert _counted(told) == events
    assert place.dead_letters() == []


@pytest.mark.timeout(400)
def test_quiet_hours_hold_and_then_deliver_once(place: Place, worker_env: dict[str, str]) -> None:
    """Through a kill; what is critical is told at once, and what it makes old is not told at all."""
    end = (datetime.now(UTC) + timedelta(seconds=130)).replace(second=0, microsecond=0)
    minute = end.hour * 60 + end.minute
    quiet = {"start_minute": (minute - 600) % 1440, "end_minute": minute, "days": []}
    place.prefer("ann", quiet_hours=quiet)
    with place.worker(**worker_env) as worker:
        place.publish(message("ann", text="p held"), message("ann", "t", text="p old"))
        until(lambda: place.end("policy") >= 2, "two are held")
        worker.kill(signal.SIGKILL)
    with place.worker(**worker_env):
        place.publish(message("ann", "t", text="a at once"))
        place.wait_told(1)
        assert place.told() == {"ann": ["a at once"]}
        told = place.wait_told(2, within=180)
        until(lambda: _words(place, "p old")[-1:] == ["collapsed"], "the old one gave way")
    assert [n["title"] for n in told] == ["a at once", "p held"]
    assert _words(place, "p held") == ["held-quiet-hours", "delivered"]
    (held,) = [m for m in place.records("notifications") if b"p held" in (m.value() or b"")]
    assert held.timestamp()[1] >= end.timestamp() * 1000


def test_what_is_critical_overtakes_a_backlog(place: Place, worker_env: dict[str, str]) -> None:
    """Drafts wait by the thousand when it comes, and it is told before nearly all of them."""
    backlog = 20_000
    with place.worker(TIDINGS_STAGES="match", **worker_env):
        place.publish(*(message("ann", text=f"p{n}") for n in range(backlog)))
        place.publish(message("ann", text="a now"))
        until(lambda: place.end("drafts") == backlog and place.end("drafts-urgent") == 1, "all wait")
    with place.worker(TIDINGS_STAGES="deliver", **worker_env):
        told = place.wait_told(backlog, within=120)
    before = [n["title"] for n in told].index("a now")
    print(f"{before} of {backlog} were told before what is critical")
    assert before < backlog // 2


def test_a_cap_holds_what_is_too_much(place: Place, worker_env: dict[str, str]) -> None:
    """Two an hour: two are told, three wait to be summed up, and the next worker still counts the two."""
    place.prefer("ann", caps={"plain": 2})
    with place.worker(**worker_env):
        place.publish(*(message("ann", text=f"p{n}") for n in range(5)))
        until(lambda: len(_held(place)) == 3, "three are held")
    with place.worker(**worker_env):
        place.publish(message("ann", text="p5"))
        until(lambda: len(_held(place)) == 4, "one more is held")
    assert place.told() == {"ann": ["p0", "p1"]}
    assert {entry["word"] for entry in _held(place)} == {"capped"}
    assert {entry["bucket"] for entry in _held(place)} == {"cap:plain"}
    assert len({entry["due_at"] for entry in _held(place)}) == 1


@pytest.mark.timeout(400)
def test_what_is_held_moves_with_its_partition(place: Place, worker_env: dict[str, str]) -> None:
    """Another worker joins and leaves, joins and is killed, while digests and caps hold: all is told once."""
    users, rounds = [f"u{n}" for n in range(8)], 5
    for user in users:
        place.prefer(user, caps={"plain": 1})
    # The brokers give each worker one partition of each topic, so there is always something to be handed over.
    env = worker_env | {"TIDINGS_GROUP_PROTOCOL": "consumer"}

    def publish(number: int) -> None:
        place.publish(*(message(user, text=f"{kind}{number} {user}") for user in users for kind in "gp"))

    def joined_by_a_second(number: int, how: signal.Signals) -> None:
        """It gets its share of what is held, holds more, and goes."""
        with place.worker(**env) as second:
            until(partial(_is_shared, place), "each has a partition", 90)
            publish(number)
            until(partial(_all_known, place, number, users), f"all of round {number} is told or held")
            second.kill(how)
        publish(number + 1)

    with place.worker(**env):
        publish(0)
        until(partial(_all_known, place, 0, users), "the first is told or held")
        joined_by_a_second(1, signal.SIGTERM)
        joined_by_a_second(3, signal.SIGKILL)
        until(partial(_all_known, place, rounds - 1, users), "all is told or held", 120)
        until(lambda: _counted(_seen(place)) >= (rounds + 1) * len(users), "all digests are told", 60)
    titles = sorted(title for one in _seen(place) for title in one["items"] or [one["title"]])
    assert titles == sorted(
        [f"g{n} {user}" for n in range(rounds) for user in users] + [f"p0 {user}" for user in users]
    )
    last = {entry["id"]: entry for entry in _entries(place)}
    waiting = {_title(place, entry) for entry in last.values() if entry["state"] == "held"}
    # What was told may not be noted yet.
    assert waiting - set(titles) == {f"p{n} {user}" for n in range(1, rounds) for user in users}
    assert place.dead_letters() == []


def _more(place: Place, count: int) -> bool:
    return place.end("policy") >= count


def _counted(told: list[dict[str, Any]]) -> int:
    return sum(notification["count"] for notification in told)


def _entries(place: Place) -> list[dict[str, Any]]:
    return [place.codec.decode(m.value())[1] for m in place.records("policy") if m.value() is not None]


def _held(place: Place) -> list[dict[str, Any]]:
    return [entry for entry in _entries(place) if entry["state"] == "held"]


def _seen(place: Place) -> list[dict[str, Any]]:
    """What users see: an id once."""
    return list({told["id"]: told for told in reversed(place.notifications())}.values())


def _all_known(place: Place, number: int, users: list[str]) -> bool:
    """Whether all that was published up to a round is told or held, or was."""
    known = {_title(place, entry) for entry in _held(place)}
    known |= {title for one in place.notifications() for title in one["items"] or [one["title"]]}
    return all(f"{kind}{n} {user}" in known for n in range(number + 1) for user in users for kind in "gp")


def _title(place: Place, held: dict[str, Any]) -> str:
    title: str = place.codec.decode(held["notification"])[1]["title"]
    return title


def _is_shared(place: Place) -> bool:
    return [one.get("drafts") for one in held(AdminClient(place.settings.kafka()), place)] == [1, 1]


def _words(place: Place, title: str) -> list[str]:
    held = [entry["id"] for entry in _held(place) if title.encode() in entry["notification"]]
    words = [decision["word"] for decision in place.decoded("decisions") if decision["id"] in held]
    return list(dict.fromkeys(words))  # after a crash the same word may be written again
