"""Below and above the limit of fan-out: the same events and follows, through the stages and the streams, for each user.

All of it is the real thing, from the event's bytes to the frames that a client is sent; only Kafka is a list.
"""

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tidings_gateway.core.cursor import Cursor
from tidings_gateway.core.hub import Hub, Limits
from tidings_gateway.core.ladder import Marks
from tidings_gateway.core.session import Session
from tidings_gateway.core.window import Window as GatewayWindow
from tidings_gateway.counters import Counters
from tidings_gateway.decoder import Decoder
from tidings_gateway.dispatcher import Dispatcher
from tidings_gateway.intake import Intake
from tidings_gateway.rewind import Rewind
from tidings_gateway.sharing import Sharing
from tidings_gateway.sources.base import Layout, Raw
from tidings_gateway.transports.collect import CollectingSink
from tidings_gateway.views.change import Change
from tidings_gateway.views.follows import Follows
from tidings_gateway.views.preferences import Preferences
from tidings_processors.core.delivery import Delivery
from tidings_processors.core.fan_out import FanOut
from tidings_processors.core.follower_index import FollowerIndex
from tidings_processors.core.match import Match
from tidings_processors.core.record import RecordIn, RecordOut
from tidings_processors.core.shared import is_particular
from tidings_processors.core.window import Window
from tidings_schemas import Preference
from tidings_schemas.partitioner import partition_of
from tidings_schemas.topics import DRAFTS, MATCHES, NOTIFICATIONS, follow_key

from tests.unit.processors.builders import CODEC, DELAYED, UNTIMED, delayed, event, record, rule_text, rules

HUGE = 10**9
PARTITIONS = 2
USERS = ["ann", "bob", "eve", "joe"]
AUDIENCE = '{followers: ["flight:{flight}", "route:{origin}-{destination}"]}'
TEXT = '{en: {title: "{{ flight }} {{ estimated_departure | time }}"}, de: {title: "{{ flight }} verspätet"}}'
RULES = rules(
    rule_text("late", match=DELAYED, audience=AUDIENCE, text=TEXT, kind="late", collapse_key='"{{ flight }}"')
    + rule_text("very-late", match=DELAYED, audience=AUDIENCE, kind="very", when="delay_minutes > 60")
)
TOPICS = ["flight:UA1", "flight:UA2", "route:EWR-IAH"]
START = datetime(2026, 3, 1, tzinfo=UTC)


class Place:
    """Processors and a gateway, above and below a limit that may be moved."""

    def __init__(self, limit: int, preferences: Iterable[Preference] = ()) -> None:
        self.limit = limit
        self.now = START
        self.log: list[list[Raw]] = [[] for _ in range(PARTITIONS)]
        self.shared = 0
        self._index = FollowerIndex()
        self._preferences = {p.user: p for p in preferences}
        self._windows = [Window(1000) for _ in range(PARTITIONS)]
        self._match = Match(CODEC, UNTIMED, lambda: RULES, HUGE)
        readers = {(p.locale, p.time_zone) for p in preferences}
        self._deliver = Delivery(
            CODEC,
            UNTIMED,
            lambda: RULES,
            lambda _, user: self._preferences.get(user),
            self._windows.__getitem__,
            lambda _: readers,
        )
        self.follows, self.views = Follows(), Preferences()
        self.views.apply([Change(p.user.encode(), p.to_avro()) for p in preferences])
        self._intake = Intake(Decoder(CODEC, lambda: None), Sharing(self.follows, self.views))
        self.rewound: list[Session] = []
        self.start()

    def start(self) -> None:
        """The gateway begins (anew) at the log's end: memory holds nothing of what was."""
        limits = Limits(HUGE, HUGE, 10_000, HUGE, Marks(HUGE, HUGE, HUGE))
        self.hub = Hub(limits, self.follows.has_followed, changes=self.follows.changes)
        self.dispatcher = Dispatcher(
            self.hub, Counters(), self.now.timestamp, self.rewound.append, print, lambda _: None, lambda _: 0
        )
        ends = {partition: len(records) for partition, records in enumerate(self.log)}
        self.dispatcher.lay_out(Layout(b"epoch1", PARTITIONS, ends, ends, ends))

    def follow(self, user: str, topic: str, on: bool) -> None:
        """Or no more. Doing so again keeps the time of the first, as the gateway's PUT does."""
        self.now += timedelta(seconds=1)
        since = self.follows.since(user, topic) or self.now
        if on:
            self._index.add(topic, user, round(since.timestamp() * 1000))
        else:
            self._index.remove(topic, user)
        self.follows.apply([Change(follow_key(topic, user), {"since": since} if on else None, self._ms)])

    def happen(self, number: int, flight: str, minutes: int) -> None:
        """An event, through all; once more with the same number is a replay."""
        self.now += timedelta(seconds=1)
        value = event(delayed(minutes, flight=flight), event_id=f"e{number}")
        for out in self._step(self._match, [record(value, number, timestamp_ms=self._ms)]):
            assert out.topic == MATCHES.name
            for draft in self._step(self._fan_out(), [self._in(out, 0)]):
                assert draft.topic == DRAFTS.name
                self._write(draft)

    def live(self, user: str) -> CollectingSink:
        """A client that is there from now on."""
        return self._open(user, None)

    def resumed(self, user: str) -> list[dict[str, Any]]:
        """What a client gets that comes with a cursor from the beginning: from memory, or by reading the log."""
        partition = partition_of(user, PARTITIONS)
        sink = self._open(user, Cursor(self.hub.epoch, partition, 0))
        waiting, self.rewound[:] = set(self.rewound), []
        if waiting:
            rewind = Rewind(self.dispatcher, partition, waiting, 0, HUGE, 10, GatewayWindow(1000))
            rewind.take(self._intake.records(self.log[partition]), len(self.log[partition]))
        return got(sink)

    def _open(self, user: str, cursor: Cursor | None) -> CollectingSink:
        sink = CollectingSink(HUGE)
        assert self.dispatcher.open(Session(user, sink), cursor, 0)
        return sink

    def _fan_out(self) -> FanOut:
        particular = {
            p: {u for u in USERS if self._is_particular(u) and partition_of(u, PARTITIONS) == p} for p in range(2)
        }
        return FanOut(CODEC, lambda _: self._index, lambda: particular, self.limit, lambda: RULES)

    def _is_particular(self, user: str) -> bool:
        return user in self._preferences and is_particular(self._preferences[user].to_avro())

    def _write(self, draft: RecordOut) -> None:
        partition = draft.partition if draft.partition >= 0 else partition_of((draft.key or b"").decode(), PARTITIONS)
        for out in self._step(self._deliver, [self._in(draft, partition)]):
            if out.topic != NOTIFICATIONS.name:
                continue  # what was decided, for `tidings explain`
            assert out.key == draft.key
            self.shared += out.key == b""
            log = self.log[partition]
            log.append(Raw(len(log), out.key, out.value, self._ms))
            self.dispatcher.publish(partition, self._intake.records(log[-1:]), len(log))

    def _in(self, out: RecordOut, partition: int) -> RecordIn:
        return out.appended(partition, 0, self._ms)

    def _step(self, stage: Match | FanOut | Delivery, run: list[RecordIn]) -> list[RecordOut]:
        step = stage.process(run, self._ms)
        assert (step.done, step.waiting) == (len(run), None)
        return step.outs

    @property
    def _ms(self) -> int:
        return int(self.now.timestamp() * 1000)


def got(sink: CollectingSink) -> list[dict[str, Any]]:
    """The notifications that a client was sent."""
    return [json.loads(data) for event, data in sink.collected.messages if event == "notification"]


PREFERENCES = st.sampled_from(
    [
        {},
        {"locale": "de", "time_zone": "Europe/Berlin"},
        {"locale": "en-GB", "time_zone": "Asia/Tokyo"},
        {"muted_kinds": ["very"]},
        {"muted_topics": ["flight:UA1"], "locale": "de"},
    ]
)
WISHES = st.tuples(*[PREFERENCES] * len(USERS)).map(
    lambda each: [Preference(user=u, updated_at=START, **more) for u, more in zip(USERS, each, strict=True) if more]
)
FOLLOW = st.tuples(st.just("follow"), st.sampled_from(USERS), st.sampled_from(TOPICS), st.booleans())
HAPPEN = st.tuples(
    st.just("happen"), st.sampled_from(["UA1", "UA2"]), st.sampled_from([30, 90]), st.sampled_from([0, 1, HUGE])
)
STEPS = st.lists(st.one_of(FOLLOW, HAPPEN), min_size=5, max_size=40)


def play(place: Place, steps: list[Any], moving: bool = False) -> dict[str, CollectingSink]:
    """All of it, with a client of each user there from the start."""
    clients = {user: place.live(user) for user in USERS}
    for number, (kind, *more) in enumerate(steps):
        if kind == "follow":
            place.follow(*more)
        else:
            flight, minutes, limit = more
            place.limit = limit if moving else place.limit
            place.happen(number, flight, minutes)
    return clients


@settings(max_examples=40)
@given(STEPS, WISHES)
def test_a_client_is_sent_the_same_on_both_sides(steps: list[Any], wishes: list[Preference]) -> None:
    """The same ids and words in the same order, whether users mute, translate, follow late or unfollow."""
    alone, shared = Place(HUGE, wishes), Place(0, wishes)
    for (user, one), other in zip(play(alone, steps).items(), play(shared, steps).values(), strict=True):
        assert got(one) == got(other), user
    assert alone.shared == 0


@settings(max_examples=40)
@given(STEPS, WISHES)
def test_crossing_the_limit_neither_doubles_nor_drops(steps: list[Any], wishes: list[Preference]) -> None:
    """Whichever way each event takes."""
    alone, crossing = Place(HUGE, wishes), Place(HUGE, wishes)
    for (user, one), other in zip(play(alone, steps).items(), play(crossing, steps, True).values(), strict=True):
        assert got(one) == got(other), user


@settings(max_examples=40)
@given(STEPS, WISHES, st.booleans())
def test_a_resume_gives_what_was_sent_live(steps: list[Any], wishes: list[Preference], restarted: bool) -> None:
    """From memory or from the log, above the limit and across it, also to those who have unfollowed since."""
    place = Place(0, wishes)
    clients = play(place, steps, moving=True)
    if restarted:
        place.start()
    for user, client in clients.items():
        assert place.resumed(user) == got(client), user


def test_who_follows_later_gets_nothing_older() -> None:
    place = Place(0)
    place.follow("ann", "flight:UA1", True)
    place.happen(1, "UA1", 30)
    place.follow("bob", "flight:UA1", True)
    place.happen(2, "UA1", 30)
    assert [n["event_id"] for n in place.resumed("ann")] == ["e1", "e2"]
    assert [n["event_id"] for n in place.resumed("bob")] == ["e2"]


def test_who_unfollows_gets_nothing_more() -> None:
    place = Place(0)
    place.follow("ann", "flight:UA1", True)
    place.follow("bob", "flight:UA1", True)
    ann = place.live("ann")
    place.happen(1, "UA1", 30)
    place.follow("ann", "flight:UA1", False)
    place.happen(2, "UA1", 30)
    assert [n["event_id"] for n in got(ann)] == ["e1"]


def test_who_does_not_follow_never_gets_it() -> None:
    place = Place(0)
    place.follow("ann", "flight:UA1", True)
    eve = place.live("eve")
    place.happen(1, "UA1", 90)
    assert (place.shared, got(eve), place.resumed("eve")) == (2 * PARTITIONS, [], [])


def test_a_match_that_is_replayed_on_the_other_side_tells_nobody_twice() -> None:
    """A crash of fan-out between two counts of followers, either way."""
    for before, after in ((0, HUGE), (HUGE, 0)):
        place = Place(before)
        place.follow("ann", "flight:UA1", True)
        place.follow("bob", "flight:UA1", True)
        ann = place.live("ann")
        place.happen(1, "UA1", 30)
        place.limit = after
        place.happen(1, "UA1", 30)
        assert [n["event_id"] for n in got(ann)] == ["e1"]
        assert [n["event_id"] for n in place.resumed("ann")] == ["e1"]


def test_a_reader_whose_language_is_new_reads_the_nearest_text() -> None:
    """A preference that came after the record was written: the same language, else the default."""
    place = Place(0, [Preference(user="ann", updated_at=START, locale="de", time_zone="Europe/Berlin")])
    for user in USERS[:3]:
        place.follow(user, "flight:UA1", True)
    place.happen(1, "UA1", 30)
    for user, locale in (("bob", "de-AT"), ("eve", "fr")):
        changed = Preference(user=user, updated_at=START, locale=locale, time_zone="Europe/Vienna")
        place.views.apply([Change(user.encode(), changed.to_avro())])
    assert [[n["title"] for n in place.resumed(user)] for user in USERS[:3]] == [
        ["UA1 verspätet"],
        ["UA1 verspätet"],
        ["UA1 3:45 PM"],
    ]
