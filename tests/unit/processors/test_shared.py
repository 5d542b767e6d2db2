"""Popular topics: one draft a partition instead of one a follower, and what deliver makes of it."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from tidings_processors.core.delivery import Delivery
from tidings_processors.core.failures import StateNotHereYet
from tidings_processors.core.fan_out import FanOut
from tidings_processors.core.follower_index import FollowerIndex
from tidings_processors.core.record import RecordIn, RecordOut, Step
from tidings_processors.core.rules import RuleSet
from tidings_processors.core.shared import MAX_EXCEPTED, MAX_TEXT_BYTES, is_particular, marks, shared_id
from tidings_processors.core.window import Window
from tidings_schemas import Preference
from tidings_schemas.identity import mark_of, notification_id
from tidings_schemas.partitioner import partition_of
from tidings_schemas.topics import DRAFTS

from tests.unit.processors.builders import (
    CODEC,
    DELAYED,
    NOW_MS,
    UNTIMED,
    dead,
    decoded,
    delayed,
    event,
    matched,
    read_in,
    record,
    rule_text,
    rules,
)

PARTITIONS = 4
TOPIC = "flight:UA1545"
SIX_HOURS_MS = 6 * 3_600_000
AUDIENCE = '{followers: ["flight:{flight}"]}'
TEXT = '{en: {title: "{{ flight }} {{ estimated_departure | time }}"}, de: {title: "{{ flight }} verspätet"}}'
RULES = rules(rule_text("r", match=DELAYED, audience=AUDIENCE, text=TEXT, collapse_key="flight", ttl="6h"))
MATCHES = read_in(matched(RULES, [record(event(delayed(), traceparent="00-a-b-03"))]), "matches", partition=2)
NOW = datetime.fromtimestamp(NOW_MS / 1000, UTC)
READERS = {("en", "UTC"), ("en-GB", "Europe/London"), ("de", "Europe/Berlin"), ("de-AT", "Europe/Vienna")}


def users_in(partition: int, count: int) -> list[str]:
    """So many users who live in a partition."""
    return [u for u in (f"u{i}" for i in range(1000)) if partition_of(u, PARTITIONS) == partition][:count]


FOLLOWERS = [user for partition in range(PARTITIONS) for user in users_in(partition, 3)]


def index(followers: list[str]) -> FollowerIndex:
    made = FollowerIndex()
    for user in followers:
        made.add(TOPIC, user, 0)
    return made


def particular(*users: str) -> Callable[[], dict[int, set[str]]]:
    by_partition: dict[int, set[str]] = {partition: set() for partition in range(PARTITIONS)}
    for user in users:
        by_partition[partition_of(user, PARTITIONS)].add(user)
    return lambda: by_partition


def fanned(limit: int, *excepted: str, rule_set: RuleSet = RULES, run: list[RecordIn] = MATCHES) -> Step:
    stage = FanOut(CODEC, lambda _: index(FOLLOWERS), particular(*excepted), limit, lambda: rule_set)
    return stage.process(run, NOW_MS)


def delivered(
    run: list[RecordIn], window: Window | None = None, preference: Preference | None = None, rule_set: RuleSet = RULES
) -> Step:
    seen = Window(100) if window is None else window
    stage = Delivery(CODEC, UNTIMED, lambda: rule_set, lambda _, __: preference, lambda _: seen, lambda _: READERS)
    return stage.process(run, NOW_MS)


def as_drafts(outs: list[RecordOut]) -> list[RecordIn]:
    """As deliver reads them, each in its partition."""
    places = [
        out.partition if out.partition >= 0 else partition_of((out.key or b"").decode(), PARTITIONS) for out in outs
    ]
    return [out.appended(place, i, NOW_MS) for i, (place, out) in enumerate(zip(places, outs, strict=True))]


def shared(out: RecordOut) -> dict[str, Any]:
    name, fields = CODEC.decode(out.value)
    assert name == "tidings.SharedNotification"
    return fields


def test_above_the_limit_there_is_one_draft_a_partition() -> None:
    """The same bytes, an empty key, and the source header that makes a replay known."""
    step = fanned(len(FOLLOWERS) - 1)
    assert [(out.topic, out.key, out.partition) for out in step.outs] == [("drafts", b"", p) for p in range(PARTITIONS)]
    assert {out.value for out in step.outs} == {MATCHES[0].value}
    assert step.outs[3].headers == [
        ("tidings-src", b"matches:2:0:3"),
        ("tidings-shared", b""),
        ("traceparent", b"00-a-b-03"),
        ("tidings-since", b"%d" % NOW_MS),
    ]
    assert step.counts == {"shared": 1}


def test_at_the_limit_there_is_one_draft_a_follower() -> None:
    step = fanned(len(FOLLOWERS))
    assert sorted((out.key or b"").decode() for out in step.outs) == sorted(FOLLOWERS)
    assert {out.partition for out in step.outs} == {-1}


def test_who_has_wishes_is_excepted_and_gets_a_draft_of_their_own() -> None:
    """Named in the header of their partition's shared draft, and only followers are."""
    muted, stranger = users_in(1, 3)[0], users_in(1, 4)[3]
    step = fanned(1, muted, stranger)
    assert [out.key for out in step.outs] == [b"", b"", b"", b"", muted.encode()]
    assert [dict(out.headers)["tidings-shared"] for out in step.outs] == [b"", mark_of(muted), b"", b"", b""]


def test_who_has_wishes_and_followed_later_is_excepted_and_told_nothing() -> None:
    """The gateway weighs no wishes, so they are not left to it."""
    late = users_in(1, 4)[3]
    made = index(FOLLOWERS)
    made.add(TOPIC, late, NOW_MS + 10_000)
    step = FanOut(CODEC, lambda _: made, particular(late), 1, lambda: RULES).process(MATCHES, NOW_MS)
    assert [out.key for out in step.outs] == [b"", b"", b"", b""]
    assert dict(step.outs[1].headers)["tidings-shared"] == mark_of(late)


def test_a_rule_that_gathers_for_each_user_is_never_shared() -> None:
    gathering = rules(rule_text("r", match=DELAYED, audience=AUDIENCE, digest="1h"))
    run = read_in(matched(gathering, [record(event(delayed()))]), "matches")
    assert len(fanned(1, rule_set=gathering, run=run).outs) == len(FOLLOWERS)


KEY = {"collapse_key": "flight"}


@pytest.mark.parametrize(
    ("told", "gathered", "outs"), [(KEY, KEY, len(FOLLOWERS)), (KEY, {}, PARTITIONS), ({}, KEY, PARTITIONS)]
)
def test_a_rule_of_a_key_that_a_digest_may_hold_is_never_shared(
    told: dict[str, str], gathered: dict[str, str], outs: int
) -> None:
    """What a follower's digest holds of the key gives way to it, which only a draft of their own can do."""
    other = rule_text("gathering", match=DELAYED, audience="{users: flight}", digest="1h", **gathered)
    rule_set = rules(rule_text("r", match=DELAYED, audience=AUDIENCE, **told) + other)
    run = read_in(matched(rule_set, [record(event(delayed()))]), "matches")
    assert len(fanned(1, rule_set=rule_set, run=run).outs) == outs


@pytest.mark.parametrize(("limit", "drafts"), [(1, PARTITIONS), (len(FOLLOWERS), len(FOLLOWERS))])
@pytest.mark.parametrize(("age_ms", "is_told"), [(SIX_HOURS_MS - 1, True), (SIX_HOURS_MS, False)])
def test_a_time_to_live_counts_from_the_event_however_late_the_fan_out(
    limit: int, drafts: int, age_ms: int, is_told: bool
) -> None:
    """Shared or not; all drafts here are written now."""
    at_ms = NOW_MS - age_ms
    run = read_in(matched(RULES, [record(event(delayed()), timestamp_ms=at_ms)], at_ms), "matches")
    steps = [delivered([draft]) for draft in as_drafts(fanned(limit, run=run).outs)]
    assert len(steps) == drafts
    assert [[out.topic for out in step.outs][-1:] == ["notifications"] for step in steps] == [is_told] * drafts
    assert [step.counts == {"silent.expired": 1} for step in steps] == [not is_told] * drafts


@pytest.mark.parametrize(("more", "shared"), [(0, True), (1, False)])
def test_nothing_is_shared_where_too_many_are_excepted(more: int, shared: bool) -> None:
    """In any one partition: their marks would not fit into a record, and no worker could ever write it."""
    users = {f"u{i}" for i in range(MAX_EXCEPTED + more)}
    made = index([*users, "other"])
    wishes = {0: {"other"}, 1: users, 2: set[str]()}
    step = FanOut(CODEC, lambda _: made, lambda: wishes, 1, lambda: RULES).process(MATCHES, NOW_MS)
    assert step.counts == ({"shared": 1} if shared else {})
    assert sorted((out.key or b"").decode() for out in step.outs) == sorted([*users, "other", *[""] * 3 * shared])


def test_a_record_takes_as_many_as_may_be_excepted() -> None:
    """Beside the largest event in the draft, and beside all texts in the notification."""
    header = marks(f"u{i}" for i in range(MAX_EXCEPTED))
    room = 64 * 1024  # ids, keys, names, and what Kafka adds
    assert len(header) + room + max(512 * 1024, MAX_TEXT_BYTES) <= DRAFTS.max_message_bytes


def test_nothing_is_shared_before_wishes_are_known() -> None:
    def restoring() -> dict[int, set[str]]:
        raise StateNotHereYet("restoring")

    step = FanOut(CODEC, lambda _: index(FOLLOWERS), restoring, 1).process(MATCHES, NOW_MS)
    assert (step.outs, step.done) == ([], 0)
    assert isinstance(step.waiting, StateNotHereYet)


def test_a_shared_draft_becomes_a_shared_notification_in_its_partition() -> None:
    draft = as_drafts(fanned(1).outs)[2]
    (out,) = delivered([draft]).outs
    assert (out.topic, out.key, out.partition) == ("notifications", b"", 2)
    assert out.headers == [("tidings-src", b"drafts:2:2:0"), ("traceparent", b"00-a-b-03")]
    fields = shared(out)
    assert fields["id"] == shared_id("/flights/nyc", "e-1", "r", TOPIC)
    assert {
        name: fields[name] for name in ("rule", "topic", "event_source", "event_id", "collapse_key", "excepted")
    } == {
        "rule": "r",
        "topic": TOPIC,
        "event_source": "/flights/nyc",
        "event_id": "e-1",
        "collapse_key": "flight",
        "excepted": b"",
    }
    assert fields["created_at"] == NOW
    assert (fields["expires_at"] - NOW).total_seconds() == 6 * 3600


def test_texts_are_written_once_for_all_who_read_the_same() -> None:
    """The default comes first; a text without times is one for all zones."""
    (out,) = delivered(as_drafts(fanned(1).outs)[:1]).outs
    texts = shared(out)["texts"]
    assert [(text["title"], text["readers"]) for text in texts] == [
        ("UA1545 3:45 PM", ["en UTC"]),
        ("UA1545 verspätet", ["de Europe/Berlin", "de-AT Europe/Vienna"]),
        ("UA1545 15:45", ["en-GB Europe/London"]),
    ]


def test_the_words_are_those_that_each_reader_would_get_alone() -> None:
    """On both sides of the limit."""
    (out,) = delivered(as_drafts(fanned(1).outs)[:1]).outs
    by_reader = {reader: text for text in shared(out)["texts"] for reader in text["readers"]}
    for locale, zone in READERS:
        wishes = Preference(user="u", updated_at=NOW, locale=locale, time_zone=zone)
        alone = decoded(delivered(as_drafts(fanned(100).outs)[:1], preference=wishes).outs[0])
        text = by_reader[f"{locale} {zone}"]
        assert {k: alone[k] for k in ("title", "body", "locale")} == {k: text[k] for k in ("title", "body", "locale")}


def failing(locale: str) -> Step:
    """What deliver makes of a shared draft whose text fails in this language."""
    texts = {"en": "{{ flight }}", "de": "{{ flight }} fällt aus"} | {locale: "{{ 1 // delay_minutes }}"}
    text = ", ".join(f'{name}: {{title: "{title}"}}' for name, title in texts.items())
    rule_set = rules(rule_text("r", match=DELAYED, audience=AUDIENCE, text=f"{{{text}}}"))
    run = read_in(matched(rule_set, [record(event(delayed(0)))]), "matches")
    return delivered(as_drafts(fanned(1, rule_set=rule_set, run=run).outs)[:1], rule_set=rule_set)


def test_a_text_that_fails_in_one_language_is_left_out_and_the_others_are_told() -> None:
    """Who would have read it is named by none, and so reads the default's."""
    (out,) = failing("de").outs
    assert [(text["title"], text["readers"]) for text in shared(out)["texts"]] == [
        ("UA1545", ["en UTC", "en-GB Europe/London"])
    ]


def test_a_default_text_that_fails_is_a_dead_letter() -> None:
    """Without it somebody might read nothing that they understand; put back, all are told."""
    (letter,) = dead(failing("en").outs)
    assert (letter.rule, letter.error_class) == ("r", "RuleFailed")


def test_a_replay_writes_nothing_twice() -> None:
    window, drafts = Window(100), as_drafts(fanned(1, FOLLOWERS[0]).outs)
    in_first = [draft for draft in drafts if draft.partition == 0]
    assert len(delivered(in_first, window).outs) == 2
    again = delivered(in_first, window)
    assert (again.outs, again.counts) == ([], {"silent.duplicate": 2})


def test_a_replay_below_the_limit_does_not_tell_again_what_all_were_told() -> None:
    """Followers left between a match and its replay: the shared record holds for those who are still there."""
    window = Window(100)
    delivered([d for d in as_drafts(fanned(1).outs) if d.partition == 0], window)
    alone = [d for d in as_drafts(fanned(100).outs) if d.partition == 0]
    step = delivered(alone, window)
    assert (len(alone), step.outs, step.counts) == (3, [], {"silent.duplicate": 3})


def test_an_excepted_user_is_told_by_their_own_wishes() -> None:
    muted = FOLLOWERS[0]
    drafts = [draft for draft in as_drafts(fanned(1, muted).outs) if draft.key == muted.encode()]
    told = decoded(delivered(drafts).outs[0])
    assert told["id"] == notification_id("/flights/nyc", "e-1", "r", muted)
    step = delivered(drafts, preference=Preference(user=muted, updated_at=NOW, muted_kinds=["k"]))
    assert ([out.topic for out in step.outs], step.counts) == (["decisions"], {"silent.muted-kind": 1})


def test_a_draft_for_nobody_is_a_dead_letter() -> None:
    """An empty key without the header is a mistake, not a shared draft."""
    keyless = as_drafts(fanned(100).outs)[0]._replace(key=b"")
    assert [letter.error_class for letter in dead(delivered([keyless]).outs)] == ["InvalidEvent"]


@pytest.mark.parametrize(
    ("wishes", "particular"),
    [
        ({}, False),
        ({"locale": "de", "time_zone": "Europe/Berlin"}, False),
        ({"muted_topics": ["x"]}, True),
        ({"muted_kinds": ["x"]}, True),
        ({"channels": {"k": ["email"]}}, True),
        ({"quiet_hours": {"start_minute": 0, "end_minute": 60, "days": []}}, True),
        ({"caps": {"*": 3}}, True),
        ({"digests": {"*": "hourly"}}, True),
    ],
)
def test_language_and_zone_alone_are_shared(wishes: dict[str, Any], particular: bool) -> None:
    assert is_particular(Preference(user="u", updated_at=NOW, **wishes).to_avro()) is particular
