"""A history, sorted by what the invariants ask for."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from .history import (
    Bounds,
    Buried,
    Closed,
    Entry,
    Fault,
    Followed,
    Framed,
    History,
    Logged,
    Opened,
    Poisoned,
    Published,
    Snapshot,
    Stalled,
)

ClientEntry = Opened | Framed | Closed | Stalled | Snapshot
_CLIENT = (Opened, Framed, Closed, Stalled, Snapshot)


@dataclass
class Facts:
    """See `facts_of`. `clients`: each one's entries in order. `log`: as it was read back, in order by partition."""

    events: dict[str, Published] = field(default_factory=dict)
    follows: dict[tuple[str, str], list[Followed]] = field(default_factory=dict)
    clients: dict[str, list[ClientEntry]] = field(default_factory=dict)
    log: list[Logged] = field(default_factory=list)
    bounds: dict[int, Bounds] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    poisoned: list[Poisoned] = field(default_factory=list)
    buried: list[Buried] = field(default_factory=list)

    @cached_property
    def places(self) -> dict[tuple[int, int], Logged]:
        """The log by (partition, offset)."""
        return {(record.partition, record.offset): record for record in self.log}

    @cached_property
    def logged_events(self) -> dict[tuple[str, str], Logged]:
        """Where an event first is in the log, by (event id, user); a shared record's user is empty."""
        found: dict[tuple[str, str], Logged] = {}
        for record in self.log:
            found.setdefault((record.event_id, record.user), record)
        return found

    @cached_property
    def log_repeats(self) -> int:
        """How many records of the log repeat an earlier one of the same partition, user and id."""
        return len(self.log) - len({(record.partition, record.user, record.id) for record in self.log})

    def owed(self, user: str, partition: int) -> "Owed":
        """What a stream of `user` must carry, in order: what is theirs, and what their topics' followers share."""
        if (user, partition) not in self._owed:
            shared = [
                record for record in self._firsts.get((partition, ""), []) if self.follows_now(user, record.topic)
            ]
            own = self._firsts.get((partition, user), [])
            self._owed[user, partition] = Owed(sorted([*own, *shared], key=lambda record: record.offset))
        return self._owed[user, partition]

    def follows_now(self, user: str, topic: str) -> bool:
        """Whether the user came to follow the topic, and never left it."""
        entries = self.follows.get((user, topic), [])
        return bool(entries) and all(entry.made for entry in entries)

    def followed_since(self, user: str, topic: str) -> float | None:
        """Since when the user has followed the topic throughout; None if they have not."""
        return self.follows[user, topic][0].at if self.follows_now(user, topic) else None

    @cached_property
    def followers(self) -> dict[str, list[str]]:
        """Who followed a topic at any time."""
        by_topic: dict[str, list[str]] = {}
        for user, topic in self.follows:
            by_topic.setdefault(topic, []).append(user)
        return by_topic

    @cached_property
    def _firsts(self) -> dict[tuple[int, str], list[Logged]]:
        known: set[tuple[int, str, str]] = set()
        firsts: dict[tuple[int, str], list[Logged]] = {}
        for record in self.log:
            key = record.partition, record.user, record.id
            if key not in known:
                known.add(key)
                firsts.setdefault((record.partition, record.user), []).append(record)
        return firsts

    @cached_property
    def _owed(self) -> dict[tuple[str, int], "Owed"]:
        return {}


class Owed:
    """Records of the log that one stream must carry."""

    def __init__(self, records: Sequence[Logged]) -> None:
        self._records = records
        self._offsets = [record.offset for record in records]

    def between(self, start: int, end: int) -> Sequence[Logged]:
        """Those from offset `start` up to, and without, `end`."""
        return self._records[bisect_left(self._offsets, start) : bisect_left(self._offsets, end)]


def facts_of(history: History) -> Facts:
    """Sorts a history. The entries of each kind must be in order."""
    facts = Facts()
    for entry in history:
        _sort_in(facts, entry)
    return facts


def _sort_in(facts: Facts, entry: Entry) -> None:
    if isinstance(entry, _CLIENT):
        facts.clients.setdefault(entry.client, []).append(entry)
    elif isinstance(entry, Published):
        facts.events[entry.id] = entry
    elif isinstance(entry, Logged):
        facts.log.append(entry)
    elif isinstance(entry, Followed):
        facts.follows.setdefault((entry.user, entry.topic), []).append(entry)
    elif isinstance(entry, Bounds):
        facts.bounds[entry.partition] = entry
    elif isinstance(entry, Fault):
        facts.faults.append(entry)
    elif isinstance(entry, Poisoned):
        facts.poisoned.append(entry)
    elif isinstance(entry, Buried):
        facts.buried.append(entry)
