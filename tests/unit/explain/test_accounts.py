"""What `tidings explain` makes of evidence: what is written down first, then today's rules and follows."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tidings.explain.account import Account, Outcome
from tidings.explain.evidence import Evidence, FollowChange, Found, Happened, Place
from tidings.explain.reasons import about_event, accounts, topics_of
from tidings_processors.core.rules import RuleSet
from tidings_schemas.cloudevents import Envelope
from tidings_schemas.identity import mark_of, notification_id

from tests.unit.processors.builders import DELAYED, delayed, rule_text, rules

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
TOPIC = "flight:UA1545"
RULES = rules(
    rule_text("late", match=DELAYED, audience='{followers: ["flight:{flight}"]}', when="delay_minutes >= 30")
    + rule_text("named", match=DELAYED, audience="{users: flight}")
)
WANTED = notification_id("/nyc", "e1", "late", "ann")


def place(topic: str, offset: int = 0, after: float = 0.0) -> Place:
    return Place(topic, 0, offset, AT + timedelta(seconds=after))


def evidence(minutes: int = 45, after: timedelta = timedelta(minutes=5), **found: Any) -> Evidence:
    envelope = Envelope("e1", "/nyc", DELAYED, "UA1545", AT)
    event = Happened(place("events.flights", 7), envelope, DELAYED, delayed(minutes))
    return Evidence("ann", event, AT + after, **found)


def draft(topic: str = "drafts", key: bytes = b"ann", version: str = "", excepted: bytes | None = None) -> Found:
    fields = {"rule": "late", "rule_version": version or RULES.by_name["late"].version, "topic": TOPIC}
    return Found(place(topic, 3), fields, key, "events.flights:0:7", excepted)


def match(**more: Any) -> Found:
    return draft("matches", TOPIC.encode(), **more)


def notification(id: str = WANTED, title: str = "late", expires: datetime | None = None) -> Found:
    return Found(place("notifications", 9), {"id": id, "title": title, "expires_at": expires})


def decision(word: str, **more: Any) -> Found:
    fields = {"id": WANTED, "user": "ann", "rule": "late", "kind": "k", "topic": TOPIC, "event_source": "/nyc"}
    fields |= {"event_id": "e1", "word": word, "at": AT, "until": None, "time_zone": None, "by": None, "key": None}
    return Found(place("decisions", 4), fields | {"limit": None} | more, b"ann")


def read_state(offset: int, *ids: str, state: str = "read") -> Found:
    return Found(place("notifications", offset), {"notifications": list(ids), "state": state, "at": AT, "device": None})


def of(found: Evidence, rule: str = "late", rule_set: RuleSet = RULES) -> Account:
    return next(account for account in accounts(found, rule_set) if account.rule == rule)


def said(account: Account, stage: str) -> list[str]:
    return [finding.text for finding in account.findings if finding.stage == stage]


FOLLOWED = [FollowChange(TOPIC, AT, AT - timedelta(days=1))]


def test_what_was_told_leads_the_list() -> None:
    found = evidence(matches=[match()], drafts=[draft()], notifications=[notification()], follows=FOLLOWED)
    first, second = accounts(found, RULES)
    assert (first.rule, first.outcome, first.notification) == ("late", Outcome.TOLD, WANTED)
    assert (second.rule, second.outcome) == ("named", Outcome.NOT_MEANT)
    assert said(second, "match") == ["the event's flight names UA1545, not ann"]


def test_a_condition_that_does_not_hold_is_shown_with_its_values() -> None:
    account = of(evidence(12))
    assert (account.outcome, said(account, "match")) == (
        Outcome.NO_MATCH,
        ["delay_minutes >= 30 is false (delay_minutes = 12)"],
    )


def test_what_is_written_down_counts_before_a_rule_that_has_changed() -> None:
    """It matched by the text that it had then."""
    found = evidence(12, matches=[match(version="old")], drafts=[draft(version="old")], notifications=[notification()])
    account = of(found)
    assert account.outcome is Outcome.TOLD
    assert f"the rule has changed since: old matched, {RULES.by_name['late'].version} is in force" in said(
        account, "match"
    )


def test_a_rule_that_is_gone_is_told_by_what_it_wrote() -> None:
    account = of(evidence(matches=[match()], drafts=[draft()], notifications=[notification()]), rule_set=RuleSet())
    assert account.outcome is Outcome.TOLD
    assert "there is no such rule any more" in said(account, "match")


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ([], "ann does not follow flight:UA1545"),
        ([(1, 1)], "ann began to follow flight:UA1545 at 2026-03-01 12:00:01 UTC, after the event"),
        ([(-9, -9), (-5, None)], "ann ended following flight:UA1545 at 2026-03-01 11:59:55 UTC, before the event"),
    ],
)
def test_who_did_not_follow_is_told_since_or_until_when(changes: list[Any], text: str) -> None:
    follows = [
        FollowChange(TOPIC, AT + timedelta(seconds=at), None if since is None else AT + timedelta(seconds=since))
        for at, since in changes
    ]
    account = of(evidence(matches=[match()], follows=follows))
    assert (account.outcome, said(account, "fan-out")) == (Outcome.NOT_MEANT, [text])


def test_what_waits_and_what_was_silenced_is_told_by_the_last_decision() -> None:
    until = AT + timedelta(hours=6)
    held = decision("held-quiet-hours", until=until, time_zone="Europe/Vienna")
    waiting = of(evidence(matches=[match()], drafts=[draft()], decisions=[held], follows=FOLLOWED))
    assert (waiting.outcome, said(waiting, "deliver")) == (
        Outcome.WAITING,
        ["held-quiet-hours until 19:00 Europe/Vienna"],
    )
    muted = decision("muted-kind", key="k")
    silent = of(evidence(matches=[match()], drafts=[draft()], decisions=[held, muted], follows=FOLLOWED))
    assert (silent.outcome, said(silent, "deliver")[-1]) == (Outcome.SILENT, "muted-kind k")


def test_what_went_into_a_digest_is_told_by_the_digest() -> None:
    found = evidence(
        matches=[match()],
        drafts=[draft()],
        decisions=[decision("digested", by="sum")],
        notifications=[notification("sum", "3 delays")],
        read_states=[read_state(10, "sum")],
        follows=FOLLOWED,
    )
    account = of(found)
    assert (account.outcome, said(account, "notification")) == (Outcome.TOLD, ["told in sum: 3 delays"])
    assert said(account, "receipts") == ["read at 2026-03-01 12:00:00 UTC"]


def test_receipts_are_those_that_name_it_or_all_and_come_after_it() -> None:
    states = [read_state(8), read_state(10, "other"), read_state(11, WANTED, state="seen"), read_state(12)]
    found = evidence(matches=[match()], drafts=[draft()], notifications=[notification()], read_states=states)
    assert said(of(found), "receipts") == [
        "seen at 2026-03-01 12:00:00 UTC",
        "read at 2026-03-01 12:00:00 UTC, as all so far",
    ]


def test_a_shared_notification_is_for_followers_of_then_who_are_not_excepted() -> None:
    fields = {"rule": "late", "topic": TOPIC, "created_at": AT, "texts": [{"title": "late"}], "excepted": b""}
    everybody, none_of_ann = b"", mark_of("ann")
    ended = [*FOLLOWED, FollowChange(TOPIC, AT - timedelta(hours=1), None)]
    for excepted, follows, outcome in (
        (everybody, FOLLOWED, Outcome.TOLD),
        (none_of_ann, FOLLOWED, Outcome.UNKNOWN),
        (everybody, ended, Outcome.NOT_MEANT),
    ):
        shared = Found(place("notifications", 9), fields | {"excepted": excepted}, b"")
        drafts = [draft(key=b"", excepted=excepted)]
        account = of(evidence(matches=[match()], drafts=drafts, shared=[shared], follows=follows))
        assert account.outcome is outcome


def test_a_dead_letter_of_the_draft_is_the_reason() -> None:
    letter = {"topic": "drafts", "partition": 0, "offset": 3, "rule": "late", "stage": "deliver"}
    letter |= {"error_class": "RuleFailed", "error_text": "no title"}
    found = evidence(matches=[match()], drafts=[draft()], letters=[Found(place("dead-letters"), letter)])
    account = of(found)
    assert (account.outcome, said(account, "dead letter")) == (Outcome.FAILED, ["at deliver: RuleFailed: no title"])
    assert about_event(found) == []


@pytest.mark.parametrize(("after", "text"), [(1, "nothing has been written"), (30, "kept for a day")])
def test_what_is_missing_has_gone_or_not_come_yet(after: int, text: str) -> None:
    account = of(evidence(after=timedelta(hours=after), follows=FOLLOWED))
    assert account.outcome is Outcome.UNKNOWN
    assert text in said(account, "match")[-1]


def test_follows_are_looked_up_for_topics_of_then_and_of_now() -> None:
    then = draft("matches", b"route:A-B")
    then = Found(then.place, dict(then.fields) | {"topic": "route:A-B"}, then.key)
    assert topics_of(evidence(matches=[then]), RULES) == ["route:A-B", TOPIC]
