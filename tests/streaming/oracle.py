"""Judges what one client got, by the log alone: nothing lost, nothing doubled, every gap told, no gap that is none."""

import json
from dataclasses import dataclass, field

from tidings_gateway.core.cursor import Cursor, Malformed, parse

from tests.streaming.whatwg import Dispatched
from tests.streaming.world import Client, Entry, Partition, World


@dataclass
class Lineage:
    """One user's device over several connections.

    Attributes:
        at: everything before it was given, told as gone, or lies before the first visit; None = a reset must come.
        allowance: records that a summary counted and that need not come one by one.
        got: ids that it was shown, in this life of the topic.
        owed: collapse keys of which a record was left out, and its offset: a newer one must come.
    """

    world: World = field(repr=False)
    client: Client = field(repr=False)
    asked: Cursor | Malformed | None
    at: Cursor | None = None
    allowance: int = 0
    got: set[str] = field(default_factory=set)
    owed: dict[str, int] = field(default_factory=dict)
    was_full: bool = False
    high_when_asked: int = 0

    def connect(self, client: Client, asked: Cursor | Malformed | None) -> None:
        """A new connection of the same device."""
        self.client, self.asked, self.was_full, self.allowance = client, asked, False, 0
        self.owed.clear()
        self.high_when_asked = self._log(self.world.partition_of_user(client.user)).high
        if asked is None:
            self.at, self.got = self.world.hub.cursor(client.session), set()
        elif isinstance(asked, Malformed):
            self.at = None
        elif self.at is None or asked != self.at:
            self.at, self.got = asked, set()

    def take(self) -> None:
        """The client reads; what it reads is judged."""
        self.was_full |= self.client.session.full_since is not None
        for event, written in self.client.take():
            self._judge(event, written)
        here = parse(self.client.cursor) if self.client.cursor else None
        if isinstance(here, Cursor) and self.at is not None and here.epoch == self.at.epoch:
            self._advance(here)  # a heartbeat moves the cursor on without an event

    def finish(self) -> None:
        """All is read: what a newer one of the same collapse key was to replace has been replaced."""
        log = self._log(self.world.partition_of_user(self.client.user))
        for key, offset in self.owed.items():
            newer = [e for e in log.entries[offset + 1 :] if e.collapse_key == key and self._due(e)]
            assert not newer, f"left out for {newer[-1]}, which never came"

    def _judge(self, event: Dispatched, written: float) -> None:
        data, here = json.loads(event.data), parse(event.last_event_id) if event.last_event_id else None
        if event.type == "summary":
            assert self.was_full, "a summary for a client that was never slow"
            self.allowance += data["count"]
            self.owed.clear()
            return
        if here is None:
            assert event.type == "bye", "only a stream that ends before it has caught up may keep its cursor to itself"
            return
        assert isinstance(here, Cursor)
        if event.type == "notification":
            self._notified(here, data["id"], written)
        elif event.type == "reset":
            self._reset(here, data["reason"])
        else:
            self._advance(here)

    def _notified(self, here: Cursor, id: str, written: float) -> None:
        entry = self._log(here.partition).entries[here.offset - 1]
        assert entry.id == id
        assert self._mine(entry), f"{id} is another user's"
        assert id not in self.got, f"{id} came twice"
        assert self._is_first(entry), f"{entry} is a replay"
        assert entry.expires_at is None or entry.expires_at > written, f"{entry} had expired"
        assert self.at is not None
        self._advance(Cursor(here.epoch, here.partition, entry.offset))
        self.got.add(id)
        self.owed.pop(entry.collapse_key or "", None)
        self.at = here

    def _reset(self, here: Cursor, reason: str) -> None:
        assert self._has_reason(here, reason), f"a false gap: {reason} at {self.at}"
        if self.at is None or here.epoch != self.at.epoch:
            self.got = set()
        self.owed.clear()
        self.at, self.asked = here, None

    def _has_reason(self, here: Cursor, reason: str) -> bool:
        log, tail = self._log(here.partition), self.world.hub.lanes[here.partition].tail
        asked = self.asked if isinstance(self.asked, Cursor) else None
        position = self.at or asked
        return {
            "malformed": isinstance(self.asked, Malformed),
            "recreated": position is None or position.epoch != here.epoch,
            "partition": position is None or position.partition != here.partition,
            "expired": position is None or position.offset < log.low,
            "future": asked is not None and asked.offset > self.high_when_asked,
            "too-far": position is not None and position.offset < tail.end - self.world.reach,
            "slow": self.was_full,
        }[reason]

    def _advance(self, here: Cursor) -> None:
        """Nothing that this client should have got lies between where it was and `here`."""
        assert self.at is not None
        assert here.partition == self.at.partition
        entries = self._log(here.partition).entries[self.at.offset : here.offset]
        due = [entry for entry in entries if self._due(entry)]
        replaced = [entry for entry in due if self._replaced(entry)]
        missing = [entry for entry in due if entry not in replaced]
        assert len(missing) <= self.allowance, f"lost: {missing}"
        self.owed |= {entry.collapse_key or "": entry.offset for entry in replaced if not self.allowance}
        self.allowance -= len(missing)
        self.at = Cursor(here.epoch, here.partition, max(here.offset, self.at.offset))

    def _due(self, entry: Entry) -> bool:
        expired = entry.expires_at is not None and entry.expires_at <= self.world.now
        return self._mine(entry) and not expired and self._is_first(entry) and entry.id not in self.got

    def _is_first(self, entry: Entry) -> bool:
        log = self._log(self.world.partition_of_user(self.client.user))
        return all(other.id != entry.id for other in log.entries[: entry.offset])

    def _replaced(self, entry: Entry) -> bool:
        log = self._log(self.world.partition_of_user(self.client.user))
        same = [e for e in log.entries[entry.offset + 1 :] if e.collapse_key == entry.collapse_key and self._mine(e)]
        return self.was_full and entry.collapse_key is not None and bool(same)

    def _mine(self, entry: Entry) -> bool:
        user = self.client.user
        return entry.user == user or (not entry.user and self.world.hub._follows(user, entry.topic))

    def _log(self, partition: int) -> Partition:
        return self.world.log[partition]
