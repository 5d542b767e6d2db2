"""A worker on a real Kafka: events go in, notifications come out, for those who should hear and nobody else."""

import signal

import pytest
from tidings_processors.core.identity import notification_id
from tidings_schemas import Receipt

from tests.service.processors.harness import NOW, Place, delayed, message, until

pytestmark = pytest.mark.kafka


def test_events_reach_those_who_are_named_or_follow_and_nobody_else(place: Place) -> None:
    """All three stages, the shipped rules, and each notification once."""
    place.follow("flight:UA1545", "ann", "bob")
    place.follow("route:EWR-IAH", "cem")
    place.follow("flight:DL1", "eve")
    event = delayed(45)
    with place.worker():
        place.publish(event, delayed(20), message("dee", text="for Dee"))
        place.wait_told(4)
    assert place.told() == {
        "ann": ["UA1545 is delayed by 45 minutes"],
        "bob": ["UA1545 is delayed by 45 minutes"],
        "cem": ["EWR → IAH: UA1545 is 45 minutes late"],
        "dee": ["for Dee"],
    }
    assert place.dead_letters() == []
    ids = {n["id"] for n in place.notifications() if n["user"] == "ann"}
    assert ids == {notification_id("/flights/nyc", event.id, "flight-delayed", "ann")}


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


def test_follows_and_wishes_that_change_count_from_then_on(place: Place) -> None:
    with place.worker():
        place.follow("t", "ann")
        place.publish(message(topic="t", text="one"))
        place.wait_told(1)
        place.prefer("ann", muted_kinds=["message"])
        place.follow("t", "bob")
        until(lambda: _tells(place, "bob"), "Bob follows")
    heard = place.told()
    assert heard["ann"][0] == "one"
    assert len(heard["ann"]) <= 2


def _tells(place: Place, user: str) -> bool:
    """Publishes until the user hears of it: a follow reaches the worker on its own way, at its own time."""
    place.publish(message(topic="t", text="again"))
    return user in place.told()


def test_a_receipt_becomes_a_read_state_once(place: Place) -> None:
    receipt = Receipt("5b0f8a52-3a5e-4d0e-8d4b-0a4c57a7a001", "ann", ["n-1"], "read", NOW, "phone")
    value = place.codec.encode(Receipt.avro_name, receipt.to_avro())
    with place.worker():
        place.put("receipts", b"ann", value)
        place.put("receipts", b"ann", value)
        place.publish(message("ann"))
        place.wait_told(2)
    names = [place.codec.decode(record.value())[0] for record in place.records("notifications")]
    assert sorted(names) == ["tidings.Notification", "tidings.ReadState"]


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
