"""A worker on a real Kafka: events go in, notifications come out, for those who should hear and nobody else."""

import signal

import pytest
from tidings_processors.core.identity import notification_id
from tidings_schemas import Event, ReadState, Receipt

from tests.service.processors.harness import NOW, Place, delayed, message, until

pytestmark = pytest.mark.kafka


def test_events_reach_those_who_are_named_or_follow_and_nobody_else(at_work: Place) -> None:
    """All three stages, the shipped rules, and each notification once."""
    at_work.follow("flight:UA1545", "ann", "bob")
    at_work.follow("route:EWR-IAH", "cem")
    at_work.follow("flight:DL1", "eve")
    until(lambda: _hears(at_work, "cem", delayed(30)), "the follows have reached the worker")
    event = delayed(45)
    at_work.publish(event, delayed(20), message("dee", text="for Dee"))
    until(lambda: {"ann", "bob", "cem"} <= _users_told_of(at_work, event), "those who follow are told")
    until(lambda: "dee" in at_work.told(), "who is named is told")
    told = [n for n in at_work.notifications() if n["event_id"] == event.id]
    assert {n["user"]: n["title"] for n in told} == {
        "ann": "UA1545 is delayed by 45 minutes",
        "bob": "UA1545 is delayed by 45 minutes",
        "cem": "EWR → IAH: UA1545 is 45 minutes late",
    }
    assert len(told) == 3
    assert at_work.told()["dee"] == ["for Dee"]
    assert at_work.dead_letters() == []
    ids = {n["id"] for n in told if n["user"] == "ann"}
    assert ids == {notification_id("/flights/nyc", event.id, "flight-delayed", "ann")}


def test_follows_and_wishes_that_change_count_from_then_on(at_work: Place) -> None:
    """Fay hears, until she mutes messages; Gus, who follows later, goes on hearing."""
    at_work.follow("t", "fay")
    until(lambda: _hears(at_work, "fay", message(topic="t", text="one")), "Fay hears")
    at_work.prefer("fay", muted_kinds=["message"])
    at_work.follow("t", "gus")
    until(lambda: _hears(at_work, "gus", message(topic="t", text="again")), "Gus hears")
    last = message(topic="t", text="last")
    at_work.publish(last)
    until(lambda: "gus" in _users_told_of(at_work, last), "Gus is told of the last")
    assert _users_told_of(at_work, last) == {"gus"}


def test_a_receipt_becomes_a_read_state_once(at_work: Place) -> None:
    receipt = Receipt("5b0f8a52-3a5e-4d0e-8d4b-0a4c57a7a001", "hal", ["n-1"], "read", NOW, "phone")
    value = at_work.codec.encode(Receipt.avro_name, receipt.to_avro())
    at_work.put("receipts", b"hal", value)
    at_work.put("receipts", b"hal", value)
    another = at_work.codec.encode(Receipt.avro_name, receipt.to_avro() | {"id": "another"})
    at_work.put("receipts", b"hal", another)
    until(lambda: len(_states(at_work)) >= 2, "both receipts are dealt with")
    assert _states(at_work) == [receipt.id, "another"]


def test_wishes_that_are_there_before_the_worker_count_for_its_first_event(place: Place) -> None:
    """State is restored first: 2,000 who muted the topic hear nothing, though the event was there before the worker."""
    users = [f"user-{n}" for n in range(2000)]
    place.follow("flight:UA1545", *users, "loud")
    for user in users:
        place.prefer(user, muted_topics=["flight:UA1545"])
    place.prefer("loud", locale="de", time_zone="Europe/Berlin")
    place.publish(delayed(45), message("end"))
    with place.worker(wait=False):
        place.wait_told(2)
        place.publish(message("end", text="after"))
        place.wait_told(3)
    assert place.told() == {"loud": ["UA1545 hat 45 Minuten Verspätung"], "end": ["hello", "after"]}


def test_a_foreign_topic_feeds_by_a_rule_alone(place: Place, tmp_path) -> None:  # type: ignore[no-untyped-def]
    """Avro that a company has already: no CloudEvents headers, a topic of its own name."""
    place.create_topic("orders")
    rules = tmp_path / "rules.yaml"
    rules.write_text(
        "rules: [{name: order, match: tidings.demo.Message, topic: orders, audience: {users: user}, kind: order,"
        ' text: {en: {title: "{{ text }}"}}}]'
    )
    with place.worker(TIDINGS_RULES=str(rules)):
        data = message("ann", text="shipped").data
        place.put("orders", b"order-1", place.codec.encode("tidings.demo.Message", data))
        (notification,) = place.wait_told(1)
    assert (notification["user"], notification["title"]) == ("ann", "shipped")
    assert notification["event_id"].startswith("orders:")


def test_two_workers_share_the_work_and_one_takes_over(place: Place) -> None:
    """What one leaves, the other goes on with; nothing is lost or doubled."""
    events = [message(f"u{n % 10}", text=str(n)) for n in range(400)]
    with place.worker() as first, place.worker():
        place.publish(*events[:200])
        place.wait_told(200)
        assert first.kill(signal.SIGTERM) == 0
        place.publish(*events[200:])
        place.wait_told(400)
    titles = [notification["title"] for notification in place.notifications()]
    assert sorted(titles, key=int) == [str(n) for n in range(400)]


def test_stages_can_run_apart(place: Place) -> None:
    """Each stage in a worker of its own."""
    place.follow("t", "ann")
    with (
        place.worker(TIDINGS_STAGES="match", wait=False) as match,
        place.worker(TIDINGS_STAGES="fan-out", wait=False) as fan_out,
        place.worker(TIDINGS_STAGES="deliver", wait=False) as deliver,
    ):
        for worker in (match, fan_out, deliver):
            worker.wait_ready()
        place.publish(message(topic="t", text="apart"))
        place.wait_told(1)
    assert place.told() == {"ann": ["apart"]}


def _hears(place: Place, user: str, event: Event) -> bool:
    """Publishes and looks: a follow reaches the worker on its own way, at its own time."""
    place.publish(event)
    return user in place.told()


def _users_told_of(place: Place, event: Event) -> set[str]:
    return {n["user"] for n in place.notifications() if n["event_id"] == event.id}


def _states(place: Place) -> list[str]:
    decoded = (place.codec.decode(record.value()) for record in place.records("notifications"))
    return [fields["id"] for name, fields in decoded if name == ReadState.avro_name]
