"""Log, tail, hub, sessions and clients together, under whatever order of events Hypothesis finds.

TIDINGS_LONG=1 makes it 1,000 runs of 50 steps.
"""

import os
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from tidings_gateway.core.cursor import Cursor, Malformed, parse
from tidings_gateway.core.ladder import Marks
from tidings_gateway.core.reasons import Bye
from tidings_gateway.core.session import State

from tests.streaming.oracle import Lineage
from tests.streaming.world import HUGE, MARGIN, World

USERS = ["ann", "bob", "eve"]
ROOMS = st.sampled_from([1, 1, 500, HUGE])


def follows(user: str, topic: str) -> bool:
    return (user, topic) in {("ann", "t1"), ("bob", "t1"), ("bob", "t2")}


class Streams(RuleBasedStateMachine):
    """Clients come, read, stall, go and come back, while the log is written, read, cut, recreated and grown."""

    @initialize(
        partitions=st.integers(1, 2),
        tail=st.sampled_from([3, 12, 1000]),
        reach=st.sampled_from([15, HUGE]),
        marks=st.sampled_from([None, Marks(30, 60, 120)]),
        back=st.sampled_from([MARGIN, 25, HUGE]),
        before=st.integers(0, 60),
        calm=st.integers(0, 2),
        slow=st.integers(0, 3),
    )
    def begin(
        self, partitions: int, tail: int, reach: int, marks: Marks | None, back: int, before: int, calm: int, slow: int
    ) -> None:
        self.calm = calm  # how often the topic may still change under everybody
        self.world = World(partitions, tail, reach, marks, follows)
        for at in range(before):
            self.world.append(USERS[at % 3])
        self.world.start(back)
        self.world.pump()
        self.online: list[Lineage] = []
        self.offline: list[Lineage] = []
        for user in USERS[:slow]:
            self._connect(None, user, None, 1)
            self._read_all()

    @rule(
        user=st.sampled_from(USERS),
        key=st.sampled_from([None, None, "k1", "k2"]),
        priority=st.sampled_from(["normal", "critical"]),
        lifetime=st.sampled_from([None, None, 5.0, 50.0]),
        count=st.integers(1, 6),
    )
    def write(self, user: str, key: str | None, priority: str, lifetime: float | None, count: int) -> None:
        for _ in range(count):
            expires_at = None if lifetime is None else self.world.now + lifetime
            self.world.append(user, collapse_key=key, priority=priority, expires_at=expires_at)

    @rule(
        user=st.sampled_from(USERS),
        keys=st.lists(st.sampled_from([None, "k1", "k2", "k3"]), min_size=4, max_size=14),
        reads=st.booleans(),
    )
    def burst(self, user: str, keys: list[str | None], reads: bool) -> None:
        """More at once than a slow client takes."""
        if reads:
            self._read_all()
        for key in keys:
            self.world.append(user, collapse_key=key)
        self.world.pump(count=1)  # fills a client without room
        self.world.pump()

    @rule(topic=st.sampled_from(["t1", "t2"]))
    def write_for_followers(self, topic: str) -> None:
        self.world.append(topic=topic)

    @rule(user=st.sampled_from(USERS), distance=st.integers(1, 10))
    def write_again(self, user: str, distance: int) -> None:
        """The processors replay a notification, soon after they wrote it first."""
        part = self.world.log[self.world.partition_of_user(user)]
        again = part.entries[max(part.low, part.high - distance) :][:1]
        earlier = {entry.id for entry in part.entries[: max(part.low, part.high - distance)]}
        if again and again[0].user == user and again[0].id not in earlier:
            entry = again[0]
            self.world.append(
                entry.user,
                entry.id,
                collapse_key=entry.collapse_key,
                priority=entry.priority,
                expires_at=entry.expires_at,
            )

    @rule(count=st.integers(1, 10))
    def read_on(self, count: int) -> None:
        for partition in range(len(self.world.log)):
            self.world.pump(partition, count)

    @rule(user=st.sampled_from(USERS), room=ROOMS)
    def come(self, user: str, room: int) -> None:
        self._connect(None, user, None, room)

    @precondition(lambda self: self.offline)
    @rule(data=st.data(), room=ROOMS)
    def come_back(self, data: st.DataObject, room: int) -> None:
        lineage = data.draw(st.sampled_from(self.offline))
        self.offline.remove(lineage)
        cursor = parse(lineage.client.cursor) if lineage.client.cursor else None
        self._connect(lineage, lineage.client.user, cursor, room)

    @rule(
        user=st.sampled_from(USERS),
        epoch=st.sampled_from([None, b"forged"]),
        partition=st.integers(0, 2),
        offset=st.integers(0, 100),
    )
    def come_with_a_forged_cursor(self, user: str, epoch: bytes | None, partition: int, offset: int) -> None:
        self._connect(None, user, Cursor(epoch or self.world.epoch, partition, offset), HUGE)

    @rule(user=st.sampled_from(USERS), share=st.floats(0, 1))
    def come_from_a_quicker_gateway(self, user: str, share: float) -> None:
        """Its cursor is real, but our reading has not got there yet."""
        part = self.world.log[self.world.partition_of_user(user)]
        offset = part.published + round(share * (part.high - part.published))
        self._connect(None, user, self.world.cursor(offset, user), HUGE)
        self.world.settle()

    @rule(user=st.sampled_from(USERS))
    def come_with_nonsense(self, user: str) -> None:
        self._connect(None, user, Malformed(3), HUGE)

    @precondition(lambda self: self.online)
    @rule(data=st.data())
    def read(self, data: st.DataObject) -> None:
        data.draw(st.sampled_from(self.online)).take()

    @precondition(lambda self: self.online)
    @rule(data=st.data())
    def go(self, data: st.DataObject) -> None:
        lineage = data.draw(st.sampled_from(self.online))
        self.online.remove(lineage)
        self.offline.append(lineage)
        self.world.disconnect(lineage.client)

    @precondition(lambda self: self.online)
    @rule(data=st.data(), reason=st.sampled_from(list(Bye)))
    def send_away(self, data: st.DataObject, reason: Bye) -> None:
        lineage = data.draw(st.sampled_from(self.online))
        self.world.dispatcher.end(lineage.client.session, reason)
        self.online.remove(lineage)
        lineage.take()
        self.offline.append(lineage)

    @rule(batch=st.integers(1, 5))
    def serve_from_the_log(self, batch: int) -> None:
        for partition in list(self.world.waiting):
            self.world.rewind(partition, batch)

    @rule(reads=st.lists(st.integers(0, 5), max_size=3), come=st.integers(0, 100))
    def read_while_the_log_is_read(self, reads: list[int], come: int) -> None:
        def between() -> None:
            for number in reads:
                if number < len(self.online):
                    self.online[number].take()
            self._connect(None, "ann", self.world.cursor(come), HUGE)

        for partition in list(self.world.waiting):
            self.world.rewind(partition, 2, between)

    @rule()
    def tell_where_the_log_ends(self) -> None:
        self.world.settle()

    @rule()
    def beat(self) -> None:
        self.world.dispatcher.beat([lineage.client.session for lineage in self.online])

    @rule(seconds=st.integers(1, 30))
    def wait(self, seconds: int) -> None:
        for lineage in self.online:
            lineage.take()  # what was written before it expired may be read after
        self.world.now += seconds

    @rule(share=st.floats(0, 1))
    def cut(self, share: float) -> None:
        """Retention, but not between a record and its replay."""
        for part in self.world.log:
            low = max(part.low, round(part.high * share) - 12)
            ids = [entry.id for entry in part.entries[:low]]
            part.low = part.low if set(ids) & {entry.id for entry in part.entries[low:]} else low

    @precondition(lambda self: self.calm)
    @rule(partitions=st.integers(1, 3))
    def recreate(self, partitions: int) -> None:
        self.calm -= 1
        self._read_all()
        self.world.recreate(partitions)

    @precondition(lambda self: self.calm and len(self.world.log) < 3)
    @rule()
    def grow(self) -> None:
        self.calm -= 1
        self._read_all()
        self.world.grow(len(self.world.log) + 1)

    def teardown(self) -> None:
        """At last all is healed: everything is read, and everybody has everything."""
        for _ in range(1000):  # a client with room for one frame may take no more than one record at a time
            if not self._moves():
                break
        for lineage in getattr(self, "online", []):
            partition = lineage.client.session.partition
            end = Cursor(self.world.epoch, partition, self.world.log[partition].high)
            lineage.finish()
            assert lineage.client.session.state is State.LIVE
            assert lineage.at == end, f"not everything came to {lineage}"

    def _moves(self) -> bool:
        if not hasattr(self, "online"):
            return False
        before = [(lineage.at, lineage.client.waiting) for lineage in self.online]
        self.world.pump()
        self.world.settle()
        for partition in list(self.world.waiting):
            self.world.rewind(partition)
        self._read_all()
        self.world.dispatcher.beat([lineage.client.session for lineage in self.online])
        self._read_all()
        return before != [(lineage.at, lineage.client.waiting) for lineage in self.online]

    def _read_all(self) -> None:
        for lineage in self.online:
            lineage.take()

    def _connect(self, lineage: Lineage | None, user: str, cursor: Any, room: int) -> None:
        client = self.world.connect(user, cursor, room)
        lineage = lineage or Lineage(self.world, client, cursor)
        lineage.connect(client, cursor)
        self.online.append(lineage)


TestStreams = Streams.TestCase
TestStreams.settings = settings(
    max_examples=1000 if os.environ.get("TIDINGS_LONG") else 80,
    stateful_step_count=50,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
