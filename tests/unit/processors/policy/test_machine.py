"""Whatever the order of drafts, ticks, acks, crashes and changed wishes: each draft has one end, and no id comes twice.

TIDINGS_LONG=1 makes it 1,000 runs of 60 steps.
"""

import os
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from tidings_processors.core.identity import notification_id
from tidings_schemas import Preference

from tests.unit.processors.builders import NOW_MS, rule_text, rules
from tests.unit.processors.policy.world import World

FINAL = {"collapsed", "expired", "muted-kind", "muted-topic", "channel-off"}
KINDS = {
    "plain": {},
    "short": {"ttl": "20m"},
    "sum": {"digest": "10m"},
    "hour": {"digest": "hourly"},
    "day": {"digest": "{every: daily@08:45, most: 2}"},
    "keyed": {},
    "alarm": {"priority": "critical"},
}
TOPICS = ("notifications", "policy", "decisions")
RULES = rules(
    "".join(
        rule_text(name, kind=name, collapse_key="\"{{ topic or '' }}\"", text='{en: {title: "{{ text }}"}}', **more)
        for name, more in KINDS.items()
    )
)
WISHES: dict[str, dict[str, Any]] = {
    "nothing": {},
    "nights": {"quiet_hours": {"start_minute": 480, "end_minute": 540, "days": []}},  # NOW_MS is 8:00
    "few": {"caps": {"*": 2, "plain": 1}},
    "none": {"caps": {"plain": 0}},
    "hourly": {"digests": {"*": "hourly", "short": "daily@08:30"}},
    "all": {
        "quiet_hours": {"start_minute": 490, "end_minute": 500, "days": []},
        "caps": {"*": 1},
        "digests": {"keyed": "hourly"},
        "time_zone": "Europe/Lisbon",
    },
    "muted": {"muted_kinds": ["plain"], "channels": {"short": ["webhook"]}},
}
WISH = st.sampled_from(sorted(WISHES))
MINUTES = st.sampled_from([1, 5, 9, 10, 11, 30, 61, 180])


class Policy(RuleBasedStateMachine):
    """Drafts come, time passes, Kafka takes its time, the worker dies; in the end all is told that should be."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World(RULES, NOW_MS)
        self.drafts: dict[str, tuple[str, str]] = {}

    @initialize(ann=WISH, bob=WISH)
    def begin(self, ann: str, bob: str) -> None:
        self.wish("ann", ann)
        self.wish("bob", bob)

    @rule(
        user=st.sampled_from(["ann", "bob"]),
        name=st.sampled_from(sorted(KINDS)),
        key=st.sampled_from([None, None, "k1", "k2"]),
        age=st.sampled_from([0, 0, 0, 60_000, 30 * 60_000]),
        count=st.integers(1, 4),
    )
    def write(self, user: str, name: str, key: str | None, age: int, count: int) -> None:
        for _ in range(count):
            event_id = self.world.draft(user, name, len(self.drafts), key, age)
            self.drafts[notification_id("/flights/nyc", event_id, name, user)] = (user, name)

    @rule(user=st.sampled_from(["ann", "bob"]), wish=WISH)
    def wish(self, user: str, wish: str) -> None:
        self.world.wishes[user] = Preference(user=user, updated_at=None, **WISHES[wish])  # type: ignore[arg-type]

    @rule(minutes=MINUTES)
    def time_passes(self, minutes: int) -> None:
        self.world.now_ms += minutes * 60_000
        self.world.tick()

    @rule(most=st.integers(1, 6))
    def work(self, most: int) -> None:
        self.world.work(most)

    @rule(topic=st.sampled_from(TOPICS), most=st.integers(1, 5))
    def ack(self, topic: str, most: int) -> None:
        self.world.ack(topic, most)

    @rule(minutes=MINUTES)
    def all_goes_well(self, minutes: int) -> None:
        """What was written so far is dealt with, and time passes."""
        self.world.work()
        self.world.ack_all()
        self.time_passes(minutes)

    @rule(
        arriving=st.fixed_dictionaries({topic: st.sampled_from([0, 0, 1, 2, 9]) for topic in TOPICS}),
        work=st.booleans(),
        acked=st.sampled_from([None, *TOPICS]),
    )
    def crash(self, arriving: dict[str, int], work: bool, acked: str | None) -> None:
        """Of one topic all was acked already; of the others some arrive, and nobody hears of it."""
        if work:
            self.world.work()
        if acked is not None:
            self.world.ack(acked)
        self.world.crash(arriving)

    def teardown(self) -> None:
        self.world.settle()
        assert self.world.dead == []
        assert len(self.world.book) == 0, "something is held for ever"
        told = [notification["id"] for notification in self.world.told]
        assert len(told) == len(set(told)), "told twice"
        ends = {draft: self._ends(draft, set(told)) for draft in self.drafts}
        assert {draft: found for draft, found in ends.items() if len(found) != 1} == {}

    def _ends(self, draft: str, told: set[str]) -> list[str]:
        """Where a draft ended: told by itself, in a sum that was told, or with a final word."""
        trail = [decision for decision in self.world.decisions if decision["id"] == draft]
        sums = {one["by"] for one in trail if one["word"] in ("digested", "summed")}
        assert sums <= told, "a sum was never told"
        ends = ["delivered"] * (draft in told) + sorted(sums)
        return ends or [one["word"] for one in trail[-1:] if one["word"] in FINAL]


LONG = os.environ.get("TIDINGS_LONG")
Policy.TestCase.settings = settings(
    max_examples=1_000 if LONG else 100,
    stateful_step_count=60 if LONG else 40,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestPolicy = Policy.TestCase
