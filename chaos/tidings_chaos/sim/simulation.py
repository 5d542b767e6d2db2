"""One schedule: a seed decides what happens in which order; at the end all is healed, and the history is judged."""

from collections.abc import Callable
from datetime import UTC, datetime
from random import Random

from tidings_gateway.core.ladder import Marks
from tidings_processors.core.fan_out import CLOCKS_MS
from tidings_processors.core.follower_index import FollowerIndex
from tidings_processors.core.record import RecordIn, RecordOut
from tidings_schemas import Event, Notification, SharedNotification
from tidings_schemas.cloudevents import headers_of
from tidings_schemas.partitioner import partition_of

from tidings_chaos.core.checker import SETTLING_S
from tidings_chaos.core.history import Bounds, Entry, Followed, Logged, Outcome, Published
from tidings_chaos.core.verdict import Violation

from .client import HUGE, Client
from .ends import ends_of
from .gateway import MARGIN, Gateway
from .log import EPOCH, EVENTS, NOTIFICATIONS, PARTITIONS, Log, place_of
from .parts import Parts
from .stages import TYPE, WISHES, Stages
from .worker import INPUTS, Group

USERS = ("ann", "bob", "eve")
FOLLOWS = {"popular": USERS, "rare": USERS[:1]}
#: Who follows what, and has wishes: what is shared with all others is for them alone.
PARTICULAR = {"popular": ("ida",)}
LATER = USERS[1], "rare"  # who begins to follow amid the schedule, and what
STEPS = 90
_BEGIN_MS = 1_700_000_000_000  # 22:13 UTC: some have quiet hours
_SKIPPED_MS = (2_000, 300_000, 1_800_000)
_HOUR_MS = 3_600_000
_ROUNDS = 200
_KINDS = ("plain", "gathered", "brief", "latest", "alarm")
_MARKS = (Marks(HUGE, HUGE, HUGE), Marks(HUGE, 900, 2000))


class Simulation:
    """See the module. `run` gives the history."""

    def __init__(self, seed: int, stages: Stages, parts: Parts | None = None) -> None:
        self.history: list[Entry] = []
        self.trace: list[str] = []
        self._rng = Random(seed)
        self._stages = stages
        self._parts = parts or Parts()
        self._now = 0.0
        self._log = Log()
        self._seqs: dict[str, int] = {}
        self._marks = self._rng.choice(_MARKS)
        self._skipped_ms = 0
        stages.asked.window = lambda lane, partition: self._group.window(lane, partition)
        stages.asked.book = lambda partition: self._group.book(partition)
        self._followers = self._first_followers()
        stages.asked.followers = self._followers.__getitem__
        self._group = Group(self._log, stages, self._parts, self._rng)
        self._gateways = [self._gateway() for _ in range(2)]
        self._clients = [
            Client(f"{user}/{device}", user, self.history.append, self._clock)
            for user in USERS
            for device in range(1 + (user == USERS[0]))
        ]

    def run(self) -> list[Entry]:
        """All of it."""
        self.history += [Followed(0.0, user, topic, True) for topic, users in FOLLOWS.items() for user in users]
        self._now = SETTLING_S + 1
        for client in self._clients:
            client.connect(self._rng.choice(self._gateways))
            client.read()
        actions, weights = list(_ACTIONS), list(_ACTIONS.values())
        for action in self._rng.choices(actions, weights, k=STEPS):
            self._now = round(self._now + self._rng.random() / 4, 3)
            self.trace.append(f"{self._now:7.3f} {action.__name__}")
            action(self)
        self._heal()
        self.history += self._read_back()
        return self.history

    def publish(self) -> None:
        """Some events; of one whose outcome is unknown, or that failed, the schedule knows the truth."""
        for _ in range(self._rng.randint(1, 3)):
            user = self._rng.choice(USERS) if self._rng.random() < 0.5 else None
            topic = None if user else self._rng.choice(list(FOLLOWS))
            kind = "alarm" if user and self._rng.random() < 0.2 else "plain"
            line = f"{kind} {user or topic}"  # what is critical overtakes, so it has a line of its own
            seq = self._seqs[line] = self._seqs.get(line, -1) + 1
            outcome: Outcome = self._rng.choices(("ok", "unknown", "failed"), (90, 6, 4))[0]
            if outcome == "ok" or (outcome == "unknown" and self._rng.random() < 0.5):
                self._write(line, seq, user, topic)
            self.history.append(Published(self._now, self._now, f"{line}/{seq}", line, seq, user, topic, outcome))

    def publish_for_the_particular(self) -> None:
        """Some events for those who have wishes; what becomes of them is judged by `ends`."""
        for _ in range(self._rng.randint(1, 4)):
            user = self._rng.choice(list(WISHES))
            line = f"{self._rng.choice(_KINDS)} {user}"
            seq = self._seqs[line] = self._seqs.get(line, -1) + 1
            self._write(line, seq, user, None)

    def let_time_pass(self) -> None:
        """For the workers: what is held for long comes due within a schedule. Clients and gateways have seconds.

        Not once somebody has begun to follow: match bears the time of an event a minute back at most (ADR 91).
        """
        user, topic = LATER
        if self._follows(user, topic):
            return
        self._skipped_ms += self._rng.choice(_SKIPPED_MS)

    def tick(self) -> None:
        """Workers look what is due."""
        self._group.tick(self._now_ms)

    def work(self) -> None:
        """A worker takes a run, if there is one."""
        if waiting := self._group.waiting():
            self._group.work(self._rng.choice(waiting), self._rng.randint(1, 5), self._now_ms)

    def land(self) -> None:
        """Kafka takes something that is under way."""
        self._group.land(self._now_ms, self._rng.randint(1, 6))

    def commit(self) -> None:
        """A worker commits."""
        if done := self._group.done():
            self._group.commit(self._rng.choice(done))

    def crash_a_worker(self) -> None:
        """kill -9."""
        self._group.crash(self._now_ms)

    def lose_a_session(self) -> None:
        """SIGSTOP past the session timeout."""
        self._group.lose_session(self._now_ms)

    def pump(self) -> None:
        """A gateway reads on."""
        gateway = self._rng.choice(self._gateways)
        for partition in range(PARTITIONS):
            gateway.pump(partition, self._rng.randint(0, 6))

    def serve_from_the_log(self) -> None:
        """A gateway reads the log for those who wait for it."""
        gateway = self._rng.choice(self._gateways)
        gateway.settle()
        gateway.rewind(self._rng.randrange(PARTITIONS), self._rng.randint(1, 4))

    def cut_the_log(self) -> None:
        """Days pass in which nobody wrote to a partition, and retention removes some of it."""
        partition = self._rng.randrange(PARTITIONS)
        self._group.rest(partition, self._now_ms)
        low, end = self._log.low[partition], self._group.settled(partition)
        if end > low:
            self._log.low[partition] = self._rng.choice((end, self._rng.randint(low, end)))

    def crash_a_gateway(self) -> None:
        """kill -9; another starts in its place."""
        number = self._rng.randrange(len(self._gateways))
        for client in self._clients:
            if client.gateway is self._gateways[number]:
                client.gateway_died()
        self._gateways[number] = self._gateway()

    def drain_a_client(self) -> None:
        """A gateway sends a client away in good order."""
        client = self._rng.choice(self._clients)
        if client.gateway and client.session:
            client.gateway.send_away(client.session)

    def begin_to_follow(self) -> None:
        """A user follows one more topic, a moment behind whatever came before: for what is nearer it counts too."""
        user, topic = LATER
        if self._follows(user, topic) or f"plain {topic}" not in self._seqs:
            return
        self._now = round(self._now + (CLOCKS_MS + 1) / 1000, 3)
        since_ms = self._now_ms if self._parts.follows_count_since else 0
        self._followers[partition_of(topic, PARTITIONS)].add(topic, user, since_ms)
        self.history.append(Followed(self._now, user, topic, True))

    def lose_a_connection(self) -> None:
        """A client's connection is cut."""
        self._rng.choice(self._clients).disconnect()

    def come_back(self) -> None:
        """A client connects again, perhaps a slow one, perhaps elsewhere."""
        client = self._rng.choice(self._clients)
        if not client.connected:
            client.connect(self._rng.choice(self._gateways), self._rng.choice((HUGE, HUGE, 300)))

    def read(self) -> None:
        """A client reads."""
        self._rng.choice(self._clients).read()

    def beat(self) -> None:
        """Heartbeats."""
        for gateway in self._gateways:
            gateway.beat([c.session for c in self._clients if c.gateway is gateway and c.session])

    def ends(self) -> list[Violation]:
        """What is wrong with what became of each draft for a user."""
        return ends_of(self._log, self._stages, self._group.late)

    def _heal(self) -> None:
        """Everybody works, reads and comes back until nothing changes any more."""
        for _ in range(_ROUNDS):
            before = self._state()
            self._now = round(self._now + 0.05, 3)
            for place in INPUTS:
                self._group.work(place, 100, self._now_ms)
            self._group.land(self._now_ms)
            for gateway in self._gateways:
                self._settle_down(gateway)
            for client in self._clients:
                client.read()
                if not client.connected:
                    client.connect(self._gateways[0])
            self._group.tick(self._now_ms)
            if before != self._state():
                continue
            if not any(len(self._group.book(partition)) for partition in range(PARTITIONS)):
                return
            self._skipped_ms += _HOUR_MS
        raise AssertionError("it does not come to rest")

    def _settle_down(self, gateway: Gateway) -> None:
        gateway.settle()
        for partition in range(PARTITIONS):
            while gateway.pump(partition, 100):
                pass
            gateway.rewind(partition, 100)

    def _state(self) -> tuple[object, ...]:
        ends = tuple(map(len, self._log.records.values()))
        read = tuple(tuple(gateway.read_to) for gateway in self._gateways)
        return ends, read, len(self.history), tuple(client.connected for client in self._clients)

    def _write(self, line: str, seq: int, user: str | None, topic: str | None) -> None:
        data = {"user": user, "topic": topic, "text": f"{line}/{seq}", "sequence": seq, "sent_at_ns": 0}
        at = datetime.fromtimestamp((self._now_ms + len(self._log.records[EVENTS, 0])) / 1000, UTC)
        event = Event(TYPE, data, f"{line}/{seq}", "/simulation", line, at)
        value = self._stages.codec.encode(TYPE, data)
        out = RecordOut(EVENTS, line.encode(), value, headers_of(event))
        self._log.append(place_of(out), out, self._now_ms)

    def _read_back(self) -> list[Entry]:
        made: list[Entry] = []
        for partition in range(PARTITIONS):
            records = self._log.records[NOTIFICATIONS, partition]
            made += [self._logged(record) for record in records]
            made.append(Bounds(partition, self._log.low[partition], len(records), EPOCH.hex()))
        return made

    def _logged(self, record: RecordIn) -> Logged:
        name, fields = self._stages.codec.decode(record.value)
        assert name in (Notification.avro_name, SharedNotification.avro_name)
        user, topic = (fields["user"], "") if name == Notification.avro_name else ("", fields["topic"])
        return Logged(record.partition, record.offset, fields["id"], user, fields["event_id"], topic)

    def _gateway(self) -> Gateway:
        back, tail_bytes = self._rng.choice((MARGIN, MARGIN + 3, HUGE)), self._rng.choice((2_000, 8_000, HUGE))
        follows = self._follows
        return Gateway(self._log, self._stages.codec, self._parts, follows, self._clock, back, tail_bytes, self._marks)

    def _follows(self, user: str, topic: str) -> bool:
        return bool(self._followers[partition_of(topic, PARTITIONS)].among(topic, {user}))

    def _first_followers(self) -> list[FollowerIndex]:
        indexes = [FollowerIndex() for _ in range(PARTITIONS)]
        for topic, users in FOLLOWS.items():
            for user in (*users, *PARTICULAR.get(topic, ())):
                indexes[partition_of(topic, PARTITIONS)].add(topic, user, 0)
        return indexes

    def _clock(self) -> float:
        return self._now

    @property
    def _now_ms(self) -> int:
        return _BEGIN_MS + int(self._now * 1000) + self._skipped_ms


_ACTIONS: dict[Callable[[Simulation], None], int] = {
    Simulation.publish: 6,
    Simulation.publish_for_the_particular: 6,
    Simulation.let_time_pass: 4,
    Simulation.tick: 6,
    Simulation.work: 22,
    Simulation.land: 18,
    Simulation.commit: 7,
    Simulation.crash_a_worker: 3,
    Simulation.lose_a_session: 4,
    Simulation.pump: 10,
    Simulation.serve_from_the_log: 4,
    Simulation.cut_the_log: 3,
    Simulation.crash_a_gateway: 1,
    Simulation.drain_a_client: 1,
    Simulation.begin_to_follow: 2,
    Simulation.lose_a_connection: 3,
    Simulation.come_back: 6,
    Simulation.read: 10,
    Simulation.beat: 1,
}
