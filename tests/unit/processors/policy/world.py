"""A partition of `drafts` with a worker on it that may die at any point, and a Kafka that keeps what reached it.

Virtual throughout: records are tuples, acks are calls, and time is a number.
"""

from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import Any

from tidings_processors.core.control import Notice, notice, tick
from tidings_processors.core.delivery import Delivery
from tidings_processors.core.policy.book import Book
from tidings_processors.core.policy.entry import Entry
from tidings_processors.core.record import RecordIn, RecordOut, Step
from tidings_processors.core.rules import RuleSet
from tidings_processors.core.window import Window
from tidings_schemas import Preference

from tests.unit.processors.builders import CODEC, MESSAGE, UNTIMED, decoded, event, matched, message, record

PARTITION = 3


@dataclass
class Parcel:
    """What came of some records, as far as Kafka does not have it yet."""

    first: int
    last: int
    left: int = 0
    later: list[RecordOut] = field(default_factory=list)
    notes: list[RecordOut] = field(default_factory=list)


class World:
    """Kafka, a worker, and the users' wishes.

    Attributes:
        drafts: the input log. told: ids of notifications as Kafka has them, in order.
        policy: (key, value) of the topic `policy`. decisions: of the topic `decisions`, decoded.
        committed: offset from which a new worker reads.
    """

    def __init__(self, rules: RuleSet, now_ms: int) -> None:
        self.rules = rules
        self.now_ms = now_ms
        self.wishes: dict[str, Preference] = {}
        self.drafts: list[RecordIn] = []
        self.told: list[dict[str, Any]] = []
        self.policy: list[tuple[str, bytes | None]] = []
        self.decisions: list[dict[str, Any]] = []
        self.dead: list[RecordOut] = []
        self.committed = 0
        self.start()

    def start(self) -> None:
        """A worker gets the partition: it reads what Kafka has, and no more of its output than was not committed."""
        self.book, self.window = Book(), Window(10_000)
        for key, value in self.policy:
            if value is None:
                self.book.forget(key)
            else:
                self.book.restore(Entry.from_avro(UNTIMED.decode(value)[1]))
        for notification in self.told:
            if notification["source"] >= self.committed:
                self.window.restore(notification["id"], True, notification["source"])
        book, window = self.book, self.window
        self.stage = Delivery(
            CODEC,
            UNTIMED,
            lambda: self.rules,
            lambda _, user: self.wishes.get(user),
            lambda _: window,
            book=lambda _: book,
        )
        self.position = self.committed
        self.parcels: deque[Parcel] = deque()
        self._flying: dict[str, deque[tuple[RecordOut, Parcel]]] = defaultdict(deque)
        self._undone: dict[int, int] = {}  # first → last offset of runs that are not done

    def draft(self, user: str, rule: str, n: int, key: str | None = None, age_ms: int = 0, late_ms: int = 0) -> str:
        """Somebody writes a draft; returns its event's id. `n` tells events apart: the same again is a replay.

        It was written `age_ms` ago, and its event so much earlier as `late_ms` says.
        """
        one = event(message(user=user, topic=key, text=f"{rule} {n}"), MESSAGE, f"e-{n}")
        read = record(one, timestamp_ms=self.now_ms - age_ms - late_ms)
        out = next(o for o in matched(self.rules, [read], self.now_ms) if decoded(o)["rule"] == rule)
        self._append(user.encode(), out.value, out.headers, age_ms)
        return one.id

    def tick(self) -> None:
        """What the worker does every second: a tick if something is due by its clock."""
        due = self.book.due_ms
        if due is not None and due <= self.now_ms:
            self._append(None, None, tick(PARTITION).headers)

    def notice(self, user: str, told: Notice) -> None:
        """The urgent lane tells what it told."""
        source = record(b"", topic="drafts-urgent", key=user.encode())
        self._append(user.encode(), None, notice(source, told).headers)

    def work(self, most: int = 1_000) -> None:
        """The worker takes a run, and hands what comes of it to its producer."""
        run = self.drafts[self.position : self.position + most]
        if not run:
            return
        parcel = Parcel(run[0].offset, run[-1].offset)
        self._undone[parcel.first] = parcel.last
        while run:
            step: Step = self.stage.process(run, self.now_ms)
            assert step.waiting is None
            self._send(step.outs, parcel)
            parcel.later += step.later
            parcel.notes += step.last
            run = run[step.done :]
        self.position = parcel.last + 1
        self._settle(parcel)

    def ack(self, topic: str, most: int = 1_000) -> None:
        """Kafka takes records of a topic, in the order in which they were sent, and says so."""
        for _ in range(min(most, len(self._flying[topic]))):
            out, parcel = self._flying[topic].popleft()
            self._keep(out)
            parcel.left -= 1
            self._settle(parcel)

    def ack_all(self) -> None:
        """All that is under way arrives."""
        while any(self._flying.values()):
            for topic in list(self._flying):
                self.ack(topic)

    def crash(self, arriving: dict[str, int]) -> None:
        """The worker dies. Of what is under way, so many records of each topic arrive though nobody hears of it."""
        for topic, count in arriving.items():
            for _ in range(min(count, len(self._flying[topic]))):
                self._keep(self._flying[topic].popleft()[0])
        self.start()

    def settle(self, hours: int = 60) -> None:
        """Time passes, and nothing goes wrong any more, until nothing is held."""
        for _ in range(hours * 4):
            self.work()
            self.ack_all()
            if not len(self.book):
                return
            self.now_ms += 15 * 60_000
            self.tick()

    def _wishes_of(self, _: int, user: str) -> Preference | None:
        return self.wishes.get(user)

    def _append(self, key: bytes | None, value: bytes | None, headers: Any, age_ms: int = 0) -> None:
        at = RecordIn("drafts", PARTITION, len(self.drafts), key, value, headers, self.now_ms - age_ms)
        self.drafts.append(at)

    def _send(self, outs: list[RecordOut], parcel: Parcel) -> None:
        parcel.left += len(outs)
        for out in outs:
            self._flying[out.topic].append((out, parcel))

    def _settle(self, parcel: Parcel) -> None:
        if parcel.left:
            return
        if parcel.later or parcel.notes:
            records = parcel.later or parcel.notes
            parcel.later, parcel.notes = [], parcel.notes if parcel.later else []
            self._send(records, parcel)
            return
        self.stage.landed(PARTITION, parcel.first, parcel.last)
        self._undone.pop(parcel.first, None)
        self.committed = min(self._undone, default=self.position)

    def _keep(self, out: RecordOut) -> None:
        if out.topic == "policy":
            assert out.key is not None
            self.policy.append((out.key.decode(), out.value))
            assert out.partition == PARTITION
        elif out.topic == "decisions":
            self.decisions.append(decoded(out))
        elif out.topic == "notifications":
            source = int(dict(out.headers)["tidings-src"].split(b":")[2])
            self.told.append(decoded(out) | {"source": source})
        else:
            self.dead.append(out)
