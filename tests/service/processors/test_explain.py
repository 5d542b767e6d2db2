"""`tidings explain` on a real Kafka, with a real worker: each way that an event can end for a user."""

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tidings.cli import app
from tidings_schemas import Decision, Event, Follow, Notification, Receipt
from tidings_schemas.cloudevents import headers_of
from tidings_schemas.identity import notification_id
from tidings_schemas.partitioner import partition_of
from tidings_schemas.topics import follow_key
from typer.testing import CliRunner, Result

from tests.service.processors.harness import NOW, PARTITIONS, Place, delayed, until

pytestmark = pytest.mark.kafka

ALL_DAY = {"start_minute": 0, "end_minute": 1439, "days": []}


def tidings(place: Place, *arguments: str, exit_code: int = 0) -> Result:
    """`tidings explain …` in the place's namespace."""
    result = CliRunner().invoke(app, ["explain", *arguments], env=place.environ)
    if exit_code == 0 and result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == exit_code, result.output
    return result


def explained(place: Place, *arguments: str) -> dict[str, dict[str, Any]]:
    """What it says of each rule, of the one event; by rule."""
    document = json.loads(tidings(place, *arguments, "--json").stdout)
    (event,) = document["events"]
    return {rule["rule"]: rule for rule in event["rules"]}


def texts(account: dict[str, Any], stage: str) -> list[str]:
    return [finding["text"] for finding in account["findings"] if finding["stage"] == stage]


def flight() -> str:
    """A flight of the test's own."""
    return f"UA{uuid.uuid4().int % 10**8}"


def published(place: Place, *events: Event) -> None:
    """Publishes them and waits until a witness, who follows the same flight, is told of the last."""
    witness = f"witness-{events[-1].id}"
    place.follow(f"flight:{events[-1].subject}", witness)
    _until_follows_are_read(place)
    place.publish(*events)
    until(lambda: any(n["event_id"] == events[-1].id for n in place.notifications()), "the witness is told")


def _until_follows_are_read(place: Place) -> None:
    """A follow counts within milliseconds; an event of its own shows when it does."""
    probe, name = flight(), f"probe-{uuid.uuid4().hex}"
    place.follow(f"flight:{probe}", name)

    def told() -> bool:
        place.publish(delayed(45, probe))
        return any(n["user"] == name for n in place.notifications())

    until(told, "a follow counts")


def test_what_was_told_is_shown_with_its_places_from_event_to_receipt(at_work: Place) -> None:
    """By event and user, and by the notification's id alone: rules, values, places, and what the device said."""
    event, user = delayed(45, flight()), f"ann-{uuid.uuid4().hex[:6]}"
    place = at_work
    place.follow(f"flight:{event.subject}", user)
    published(place, event)
    wanted = notification_id(event.source, event.id, "flight-delayed", user)
    receipt = Receipt(str(uuid.uuid4()), user, [wanted], "read", datetime.now(UTC), "phone")
    place.put("receipts", user.encode(), place.codec.encode(Receipt.avro_name, receipt.to_avro()))
    until(
        lambda: any(record.get("notifications") == [wanted] for record in place.decoded("notifications")), "it is read"
    )
    rules = explained(place, "--event", event.id, "--user", user)
    told = rules["flight-delayed"]
    assert (told["outcome"], told["notification"]) == ("told", wanted)
    assert "delay_minutes >= 30 && delay_minutes < 120 is true (delay_minutes = 45)" in texts(told, "match")
    assert texts(told, "fan-out") == [f"a draft for {user}: follows flight:{event.subject}"]
    assert texts(told, "notification") == [f"{wanted}: {event.subject} is delayed by 45 minutes"]
    assert "on phone" in texts(told, "receipts")[0]
    places = {finding["topic"] for finding in told["findings"] if "topic" in finding}
    assert places == {"matches", "drafts", "notifications"}
    assert rules["flight-delayed-long"]["outcome"] == "no match"
    assert texts(rules["flight-delayed-long"], "match") == ["delay_minutes >= 120 is false (delay_minutes = 45)"]
    assert explained(place, wanted)["flight-delayed"] == told
    shown = tidings(place, wanted).stdout
    assert f"event {event.id} of /flights/nyc: tidings.flights.FlightDelayed" in shown
    assert "flight-delayed: told" in shown


@pytest.mark.parametrize(
    ("wishes", "outcome", "text"),
    [
        ({"muted_kinds": ["flight.delayed"]}, "silent", "muted-kind flight.delayed"),
        ({"quiet_hours": ALL_DAY}, "waiting", "held-quiet-hours until 23:59 UTC"),
        ({"digests": {"*": "daily@23:58"}}, "waiting", "held-digest of * until 23:58 UTC"),
        ({"caps": {"*": 0}}, "waiting", "capped at 0 an hour of all together until"),
    ],
)
def test_what_was_not_told_is_shown_with_the_wish_that_decided(
    at_work: Place, wishes: dict[str, Any], outcome: str, text: str
) -> None:
    """Muted, quiet hours, a digest, a cap; also by the id of what was never told."""
    event, user, place = delayed(45, flight()), f"eve-{uuid.uuid4().hex[:6]}", at_work
    place.prefer(user, **wishes)
    place.follow(f"flight:{event.subject}", user)
    published(place, event)
    until(lambda: any(d["user"] == user for d in place.decoded("decisions")), "it is decided")
    account = explained(place, "--event", event.id, "--user", user)["flight-delayed"]
    assert account["outcome"] == outcome
    assert texts(account, "deliver")[0].startswith(text)
    assert texts(account, "notification") == []
    assert explained(place, account["notification"])["flight-delayed"] == account


def test_who_did_not_follow_or_only_later_is_told_so(at_work: Place) -> None:
    event, place = delayed(45, flight()), at_work
    published(place, event)
    stranger = explained(place, "--event", event.id, "--user", "stranger")["flight-delayed"]
    assert (stranger["outcome"], texts(stranger, "fan-out")) == (
        "not for this user",
        [f"stranger does not follow flight:{event.subject}"],
    )
    topic, since = f"flight:{event.subject}", datetime.now(UTC) + timedelta(seconds=5)
    follow = place.codec.encode(Follow.avro_name, Follow(topic, "late", since).to_avro())
    place.put("follows", follow_key(topic, "late"), follow, partition=partition_of(topic, PARTITIONS))
    late = explained(place, "--event", event.id, "--user", "late")["flight-delayed"]
    assert late["outcome"] == "not for this user"
    assert texts(late, "fan-out") == [f"late began to follow {topic} at {since:%Y-%m-%d %H:%M:%S} UTC, after the event"]


def test_what_cannot_be_decoded_is_shown_with_its_dead_letter(at_work: Place) -> None:
    event, place = delayed(45, flight()), at_work
    place.put("events.flights", event.subject.encode(), b"\x00\x00\x00\x00\x01garbage", headers_of(event))
    until(lambda: any(letter.key == event.subject.encode() for letter in place.dead_letters()), "it is buried")
    (shown,) = json.loads(tidings(place, "--event", event.id, "--user", "ann", "--json").stdout)["events"]
    assert [finding["stage"] for finding in shown["findings"]] == ["event", "dead letter"]
    assert "UndecodableValue" in shown["findings"][1]["text"]


def test_what_is_not_there_is_an_error_that_says_what_was_searched(at_work: Place) -> None:
    """And how to look further back; and what to name, when too little or too much is named."""
    result = tidings(at_work, "--event", "nowhere", "--user", "ann", "--from", "-1h", exit_code=1)
    error = str(result.exception)
    assert error.startswith("no event nowhere since -1h on events.demo, events.flights, events.git;")
    assert "--from" in error
    unknown = str(tidings(at_work, str(uuid.uuid4()), exit_code=1).exception)
    assert "looked on notifications and decisions" in unknown
    assert "both --event and --user" in tidings(at_work, "--event", "e1", exit_code=2).output


def test_a_namespace_without_topics_is_told_with_its_remedy(place: Place) -> None:
    """Kafka answers, and has no rules there."""
    elsewhere = {"TIDINGS_NAMESPACE": f"nobody-{uuid.uuid4().hex}."}
    result = CliRunner().invoke(app, ["explain", "--event", "e", "--user", "u"], env=place.environ | elsewhere)
    assert result.exit_code != 0
    assert "tidings prepare" in str(result.exception or result.output)
    assert "did not answer" not in str(result.exception or result.output)


def test_a_shared_notification_is_explained_for_each_follower(place: Place) -> None:
    """By a follower's own id, which is written down nowhere; and an excepted follower's is not the shared one."""
    event = delayed(45)
    place.prefer("eve", muted_topics=["flight:UA1545"])
    place.follow("flight:UA1545", "ann", "bob", "eve")
    with place.worker(TIDINGS_SHARED_ABOVE="1"):
        place.publish(event)
        until(lambda: place.end("notifications") >= PARTITIONS and place.end("decisions"), "it is written")
    wanted = notification_id(event.source, event.id, "flight-delayed", "bob")
    told = explained(place, wanted)["flight-delayed"]
    assert (told["outcome"], told["notification"]) == ("told", wanted)
    assert texts(told, "fan-out") == [
        "flight:UA1545 has so many followers that they share a draft",
        f"bob has followed flight:UA1545 since {NOW:%Y-%m-%d %H:%M:%S} UTC",
    ]
    assert texts(told, "notification") == ["shared by the followers of flight:UA1545: UA1545 is delayed by 45 minutes"]
    excepted = explained(place, "--event", event.id, "--user", "eve")["flight-delayed"]
    assert (excepted["outcome"], texts(excepted, "deliver")) == ("silent", ["muted-topic flight:UA1545"])


def test_a_digest_is_explained_by_what_went_into_it(place: Place) -> None:
    """By the id of the one that stands for several, also when their events are long gone."""
    digest = str(uuid.uuid4())
    told = Notification(
        digest, "ann", "r", "k", None, "2 delays", "", None, "normal", None, "en", "gone", "t", NOW, NOW, count=2
    )
    place.put("notifications", b"ann", place.codec.encode(Notification.avro_name, told.to_avro()))
    parts = [
        Decision(str(uuid.uuid4()), "ann", "r", "k", None, "/nyc", f"e{n}", "digested", NOW, by=by)
        for n, by in enumerate([digest, digest, "another"])
    ]
    for part in parts:
        place.put("decisions", b"ann", place.codec.encode(Decision.avro_name, part.to_avro()))
    document = json.loads(tidings(place, digest, "--json").stdout)
    assert document["events"] == []
    assert document["stands_for"] == [{"id": part.id, "event_id": part.event_id} for part in parts[:2]]
    assert f"{digest} stands for 2:" in tidings(place, digest).stdout
