"""Deliver: drafts in, notifications, silence and dead letters out; receipts likewise."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tidings_processors.core.delivery import RULE_GRACE_MS, Delivery
from tidings_processors.core.failures import RuleNotHereYet, StateNotHereYet
from tidings_processors.core.identity import notification_id
from tidings_processors.core.receipts import Receipts
from tidings_processors.core.record import RecordIn, Step
from tidings_processors.core.rules import RuleSet
from tidings_processors.core.window import Window
from tidings_schemas import Preference, Receipt

from tests.unit.processors.builders import (
    CODEC,
    DELAYED,
    MESSAGE,
    NOW_MS,
    UNTIMED,
    dead,
    decoded,
    delayed,
    event,
    matched,
    message,
    read_in,
    record,
    rule_text,
    rules,
    shipped_rules,
)

NOW = datetime.fromtimestamp(NOW_MS / 1000, UTC)


def prefers(user: str = "ann", **fields: Any) -> Preference:
    return Preference(user=user, updated_at=NOW, **fields)


def draft_for(
    rule_set: RuleSet, data: dict[str, Any], kind: str = DELAYED, user: str = "ann", rule: int = 0
) -> RecordIn:
    """A draft of the `rule`-th rule that the event meets, as fan-out would hand it on to `user`."""
    out = matched(rule_set, [record(event(data, kind, traceparent="00-a-b-03"))])[rule]
    return RecordIn("drafts", 1, 0, user.encode(), out.value, out.headers, NOW_MS)


def delivered(
    rule_set: RuleSet, run: list[RecordIn], *wishes: Preference, window: Window | None = None, now_ms: int = NOW_MS
) -> Step:
    by_user = {wish.user: wish for wish in wishes}
    seen = Window(100) if window is None else window
    stage = Delivery(CODEC, UNTIMED, lambda: rule_set, lambda _, user: by_user.get(user), lambda _: seen)
    return stage.process(run, now_ms)


def test_a_draft_becomes_a_notification() -> None:
    rule_set = shipped_rules()
    (out,) = delivered(rule_set, [draft_for(rule_set, delayed())]).outs
    assert (out.topic, out.key) == ("notifications", b"ann")
    assert out.headers == [("tidings-src", b"drafts:1:0:0"), ("traceparent", b"00-a-b-03")]
    assert decoded(out) == {
        "id": notification_id("/flights/nyc", "e-1", "flight-delayed", "ann"),
        "user": "ann",
        "rule": "flight-delayed",
        "kind": "flight.delayed",
        "topic": "flight:UA1545",
        "title": "UA1545 is delayed by 45 minutes",
        "body": "EWR → IAH now leaves at 3:45\u202fPM instead of 3:00\u202fPM.",
        "url": None,
        "priority": "high",
        "collapse_key": "flight:UA1545@2013-01-10",
        "locale": "en",
        "event_id": "e-1",
        "event_type": DELAYED,
        "event_time": datetime(2013, 1, 10, 14, 0, tzinfo=UTC),
        "created_at": NOW,
        "expires_at": NOW + timedelta(hours=12),
        "count": 1,
        "items": [],
    }


def test_a_user_reads_their_own_language_and_local_time() -> None:
    rule_set = shipped_rules()
    (out,) = delivered(
        rule_set, [draft_for(rule_set, delayed())], prefers(locale="de-AT", time_zone="Europe/Vienna")
    ).outs
    notification = decoded(out)
    assert notification["title"] == "UA1545 hat 45 Minuten Verspätung"
    assert notification["body"] == "EWR → IAH startet nun um 16:45 statt um 16:00."
    assert notification["locale"] == "de"


def test_a_collapse_key_is_the_same_for_all_readers() -> None:
    text = rule_text(
        "r", match=DELAYED, audience='{followers: ["x"]}', collapse_key='"{{ scheduled_departure | datetime }}"'
    )
    rule_set = rules(text)
    run = [draft_for(rule_set, delayed(), user=user) for user in ("ann", "bob")]
    outs = delivered(rule_set, run, prefers("bob", locale="de", time_zone="Asia/Tokyo")).outs
    assert len({decoded(out)["collapse_key"] for out in outs}) == 1


@pytest.mark.parametrize(
    ("wish", "reason"),
    [
        (prefers(muted_topics=["flight:UA1545"]), "muted-topic"),
        (prefers(muted_kinds=["flight.delayed"]), "muted-kind"),
    ],
)
def test_what_a_user_muted_stays_silent_for_them_alone(wish: Preference, reason: str) -> None:
    rule_set = shipped_rules()
    run = [draft_for(rule_set, delayed(), user=user) for user in ("ann", "bob")]
    step = delivered(rule_set, run, wish)
    assert [(out.topic, out.key) for out in step.outs] == [("decisions", b"ann"), ("notifications", b"bob")]
    assert decoded(step.outs[0])["word"] == reason
    assert step.counts == {f"silent.{reason}": 1}


def test_an_unknown_user_gets_the_defaults() -> None:
    """Who never said what they want is told in English and UTC."""
    rule_set = shipped_rules()
    (out,) = delivered(rule_set, [draft_for(rule_set, delayed(), user="nobody-knows-me")]).outs
    assert (decoded(out)["user"], decoded(out)["locale"]) == ("nobody-knows-me", "en")


def test_preferences_that_make_no_sense_silence_nobody() -> None:
    rule_set = shipped_rules()
    (out,) = delivered(rule_set, [draft_for(rule_set, delayed())], prefers(locale="??", time_zone="Mars/Phobos")).outs
    assert decoded(out)["title"].startswith("UA1545 is delayed")


def test_a_replay_writes_nothing_twice() -> None:
    """Neither the same draft, nor the same event published again, nor another topic that leads to the user."""
    rule_set = shipped_rules()
    window = Window(100)
    run = [draft_for(rule_set, delayed(75), rule=number) for number in (2, 3)]  # airport:EWR and airport:IAH
    first = delivered(rule_set, run, window=window)
    assert len(first.outs) == 1
    again = delivered(rule_set, run, window=window)
    assert (again.outs, again.counts) == ([], {"silent.duplicate": 2})


def test_a_draft_waits_a_while_for_a_rule_that_is_not_here_yet() -> None:
    """Rules reach the workers one by one; a rule that is gone for good is told in a dead letter."""
    new, old = rules(rule_text("new")), rules(rule_text("old"))
    one = draft_for(new, message(user="ann"), MESSAGE)
    early = delivered(old, [one], now_ms=NOW_MS + RULE_GRACE_MS - 1)
    assert isinstance(early.waiting, RuleNotHereYet)
    assert (early.outs, early.done) == ([], 0)
    (letter,) = dead(delivered(old, [one], now_ms=NOW_MS + RULE_GRACE_MS).outs)
    assert letter.error_class == "UnknownRule"
    assert len(delivered(new, [one]).outs) == 1


def test_a_rule_that_was_switched_off_is_silent_at_once() -> None:
    on, off = rules(rule_text("r")), rules(rule_text("r", enabled="false"))
    step = delivered(off, [draft_for(on, message(user="ann"), MESSAGE)])
    assert ([decoded(out)["word"] for out in step.outs], step.counts) == (["rule-off"], {"silent.rule-off": 1})


FAILING = {
    "a missing attribute": ('{en: {title: "{{ text.nothing }}"}}', "UndefinedError"),
    "a division by zero": ('{en: {title: "{{ 1 // sequence }}"}}', "ZeroDivisionError"),
    "an empty title": ("{en: {title: \"{{ user and '' }}\"}}", "title is empty"),
    "a filter for another kind": ('{en: {title: "{{ text | minutes }}"}}', "TypeError"),
}


@pytest.mark.parametrize("name", FAILING)
def test_a_template_that_fails_for_an_event_is_a_dead_letter_that_names_the_rule(name: str) -> None:
    text, says = FAILING[name]
    rule_set = rules(rule_text("bad", text=text) + rule_text("good"))
    data = message(user="ann", sequence=0)
    run = [draft_for(rule_set, data, MESSAGE, rule=0), draft_for(rule_set, data, MESSAGE, rule=1)]
    outs = delivered(rule_set, run).outs
    (letter,) = dead(outs)
    assert (letter.rule, letter.error_class, letter.stage) == ("bad", "RuleFailed", "deliver")
    assert says in letter.error_text
    assert [decoded(out)["rule"] for out in outs if out.topic == "notifications"] == ["good"]


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "//evil.example/x", "ftp://x/y", "data:text/html,x", "/\\\\evil"]
)
def test_a_link_that_is_no_page_is_refused(url: str) -> None:
    rule_set = rules(rule_text("r", url='"{{ text }}"'))
    (letter,) = dead(delivered(rule_set, [draft_for(rule_set, message(user="ann", text=url), MESSAGE)]).outs)
    assert letter.rule == "r"
    assert "is no address" in letter.error_text


def test_links_of_the_web_and_of_the_site_are_kept() -> None:
    rule_set = rules(rule_text("r", url='"{{ text }}"'))
    for url in ("https://example.com/a?b#c", "/flights/UA1545"):
        (out,) = delivered(rule_set, [draft_for(rule_set, message(user="ann", text=url), MESSAGE)]).outs
        assert decoded(out)["url"] == url


def test_a_rule_that_is_about_another_event_now_is_told() -> None:
    """A name that was given to a rule for another type must not render the old draft by the new text."""
    old, new = rules(rule_text("r")), rules(rule_text("r", match=DELAYED, audience='{followers: ["x"]}'))
    (letter,) = dead(delivered(new, [draft_for(old, message(user="ann"), MESSAGE)]).outs)
    assert letter.error_class == "InvalidEvent"
    assert DELAYED in letter.error_text


def test_bad_drafts_are_dead_letters_and_the_good_get_through() -> None:
    rule_set = rules(rule_text("r"))
    good = draft_for(rule_set, message(user="ann"), MESSAGE)
    payload = draft_for(rule_set, message(user="ann"), MESSAGE)
    broken = CODEC.encode("tidings.Draft", CODEC.decode(payload.value)[1] | {"payload": b"\x00garbage"})
    run = [
        record(b"\x00", 1, topic="drafts"),
        record(CODEC.encode(MESSAGE, message()), 2, topic="drafts"),
        good._replace(key=None, offset=3),
        good._replace(key=b"\xff\xfe", offset=4),
        good._replace(value=broken, offset=5),
        good._replace(offset=6),
    ]
    step = delivered(rule_set, run)
    assert [letter.offset for letter in dead(step.outs)] == [1, 2, 3, 4, 5]
    assert [out.topic for out in step.outs][-1] == "notifications"


@pytest.mark.parametrize("event_time", [2**60, -(2**60)])
def test_a_draft_of_an_event_of_no_time_is_a_dead_letter(event_time: int) -> None:
    """No device could read its notification; the one behind it is told."""
    rule_set = rules(rule_text("r"))
    good = draft_for(rule_set, message(user="ann"), MESSAGE)
    codec = UNTIMED  # encodes a time as any number
    strange = codec.encode("tidings.Draft", codec.decode(good.value)[1] | {"event_time": event_time})
    step = delivered(rule_set, [good._replace(value=strange, offset=1), good._replace(offset=2)])
    (letter,) = dead(step.outs)
    assert (letter.offset, letter.error_class) == (1, "InvalidEvent")
    assert f"{event_time} ms" in letter.error_text
    assert [out.topic for out in step.outs][-1] == "notifications"


def test_a_replay_on_the_urgent_lane_gives_notice_again() -> None:
    """The crash may have come between the notification and the notice, and an older one is still held."""
    rule_set = rules(rule_text("alarm", priority="critical", collapse_key="\"{{ topic or '' }}\""))
    draft = draft_for(rule_set, message(user="ann", topic="t"), MESSAGE)._replace(topic="drafts-urgent")
    window, wishes = Window(10), prefers(caps={"*": 1})
    first, again = (delivered(rule_set, [draft], wishes, window=window) for _ in range(2))
    assert [out.topic for out in first.outs] == ["notifications", "drafts"]
    assert again.outs == first.outs[1:]


@pytest.mark.parametrize("stamp", [2**60, 2**62, -1, -(2**60)])
@pytest.mark.parametrize("ttl", ["", "6h"])
def test_a_draft_of_any_timestamp_leaves_what_can_be_read(stamp: int, ttl: str) -> None:
    """Its record's, from which the time to live counts: told, or decided against, never unreadable."""
    rule_set = rules(rule_text("r", **({"ttl": ttl} if ttl else {})))
    step = delivered(rule_set, [draft_for(rule_set, message(user="ann"), MESSAGE)._replace(timestamp_ms=stamp)])
    assert dead(step.outs) == []
    assert [decoded(out)["rule"] for out in step.outs] == ["r"]


def test_nothing_is_decided_before_preferences_are_restored() -> None:
    """A user who muted a topic must not hear of it because the worker has just started."""

    def not_yet(_: int, __: str) -> Preference | None:
        raise StateNotHereYet("restoring")

    rule_set = rules(rule_text("r"))
    window = Window(10)
    stage = Delivery(CODEC, UNTIMED, lambda: rule_set, not_yet, lambda _: window)
    step = stage.process([draft_for(rule_set, message(user="ann"), MESSAGE)], NOW_MS)
    assert (step.outs, step.done, len(window)) == ([], 0, 0)


def receipt(offset: int = 0, key: bytes | None = b"ann", **fields: Any) -> RecordIn:
    whole = {"id": "r-1", "user": "ann", "notifications": ["n-1"], "state": "read", "at": NOW, "device": "phone"}
    return record(CODEC.encode(Receipt.avro_name, whole | fields), offset, topic="receipts", key=key)


def test_a_receipt_becomes_a_read_state_once() -> None:
    window = Window(10)
    stage = Receipts(CODEC, lambda _: window)
    step = stage.process([receipt(), receipt(1), receipt(2, id="r-2")], NOW_MS)
    assert [CODEC.decode(out.value)[0] for out in step.outs] == ["tidings.ReadState"] * 2
    assert decoded(step.outs[0]) == {
        "id": "r-1",
        "user": "ann",
        "notifications": ["n-1"],
        "state": "read",
        "at": NOW,
        "device": "phone",
    }
    assert (step.outs[0].topic, step.outs[0].key, step.counts) == ("notifications", b"ann", {"silent.duplicate": 1})


def test_nobody_reads_for_somebody_else() -> None:
    """A receipt under another user's key would land in the other's stream."""
    step = Receipts(CODEC, lambda _: Window(10)).process([receipt(key=b"bob"), receipt(1, key=None)], NOW_MS)
    assert [letter.error_class for letter in dead(step.outs)] == ["InvalidEvent"] * 2
    assert len(step.outs) == 2


def test_drafts_read_in_from_match_keep_their_order() -> None:
    """The whole way, without Kafka: events of one user come out in the order in which they happened."""
    rule_set = rules(rule_text("r"))
    run = [record(event(message(user="ann", sequence=n), MESSAGE, f"e-{n}"), n) for n in range(50)]
    outs = delivered(rule_set, read_in(matched(rule_set, run), "drafts")).outs
    assert [decoded(out)["event_id"] for out in outs] == [f"e-{n}" for n in range(50)]
