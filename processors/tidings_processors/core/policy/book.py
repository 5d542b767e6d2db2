"""What is held back for the users of one partition, and what they were told lately."""

from collections.abc import Iterable
from heapq import heappop, heappush

from .cap import Telling
from .entry import Entry, State

#: Held entries that are told together: user, bucket (or the id of one that is told by itself), due (ms).
Group = tuple[str, str, int]
#: How far a record's timestamp may be ahead of the worker's clock before it is not believed.
AHEAD_MS = 60_000


class Book:
    """The policy's state of one partition. Kafka has it in `policy`; this is what is read from there and written to.

    Time comes in with records and never goes back. An entry that was changed is *aloft* until Kafka has the change, and
    nothing is made of it before that: what it leads to must not outlive it.

    Attributes:
        now_ms: the partition's time, ms since 1970.
        restored_to: offset of the last draft of which Kafka had an entry at the start; see `Window.restored_to`.
    """

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}
        self.now_ms = 0
        self.restored_to = -1
        self._groups: dict[Group, dict[str, None]] = {}
        self._open: dict[tuple[str, str], int] = {}  # when the newest group of a user's bucket is due
        self._by_key: dict[tuple[str, str], dict[str, None]] = {}
        self._by: dict[str, dict[str, None]] = {}  # id of what was told → entries that it stands for
        self._tellings: dict[str, dict[str, Telling]] = {}
        self._timers: list[tuple[int, int, Group | str]] = []
        self._timers_made = 0
        self._aloft: dict[str, int] = {}  # id → offset of the record that changed it, oldest first
        self._blocked: list[tuple[int, Group]] = []

    def restore(self, entry: Entry) -> None:
        """Takes an entry as Kafka has it. What is done stays done, should a late write say that it is held."""
        known = self.entries.get(entry.id)
        if known is None or known.state is State.HELD or entry.state is not State.HELD:
            self._put(entry)
        self.now_ms = max(self.now_ms, entry.at)
        self.restored_to = max(self.restored_to, entry.offset)

    def advance(self, timestamp_ms: int, clock_ms: int) -> int:
        """The time now, at a record: the later of its timestamp and the worker's clock; it never goes back.

        So a backlog is weighed by the hour in which it is told, and two workers' clocks need not agree.
        """
        if timestamp_ms <= clock_ms >= self.now_ms:  # nearly always
            self.now_ms = clock_ms
        else:
            self.now_ms = max(clock_ms, min(max(timestamp_ms, self.now_ms), clock_ms + AHEAD_MS))
        return self.now_ms

    def put(self, entry: Entry, offset: int) -> None:
        """An entry is new or changed, by the record at `offset`."""
        self._put(entry)
        self._aloft.pop(entry.id, None)
        self._aloft[entry.id] = offset

    def forget(self, entry_id: str) -> None:
        """Nothing more is known of it."""
        entry = self.entries.pop(entry_id, None)
        if entry is not None:
            self._unlink(entry)
            self._aloft.pop(entry_id, None)

    def landed(self, first: int, last: int) -> None:
        """Kafka has all that came of the records between these offsets."""
        here = []
        for entry_id, offset in self._aloft.items():
            if offset > last:
                break
            if offset >= first:
                here.append(entry_id)
        for entry_id in here:
            del self._aloft[entry_id]
        if here:
            blocked, self._blocked = self._blocked, []
            for due, group in blocked:
                self._set_timer(due, group)

    def is_due(self, now_ms: int) -> bool:
        """Whether something must be done."""
        return bool(self._timers) and self._timers[0][0] <= now_ms

    @property
    def due_ms(self) -> int | None:
        """When something must be done next; None = nothing is waiting."""
        times = [due for due, _ in self._blocked] + [timer[0] for timer in self._timers[:1]]
        return min(times, default=None)

    def take_due(self, now_ms: int) -> list[Entry]:
        """What must be done something about next: held entries that are told together, or one that may be forgotten.

        Empty when there is nothing (left). What is taken comes again only when it is `put` or given to `wait`.
        """
        while self.is_due(now_ms):
            due, _, target = heappop(self._timers)
            if isinstance(target, str):
                entry = self.entries.get(target)
                if entry is not None and entry.due_at <= now_ms and entry.state is not State.HELD:
                    return [entry]
            elif group := self._groups.get(target):
                if not any(entry_id in self._aloft for entry_id in group):
                    return [self.entries[entry_id] for entry_id in group]
                self._blocked.append((due, target))
        return []

    def wait(self, entries: Iterable[Entry], until_ms: int) -> None:
        """Entries that were taken come again at a time, though nothing about them has changed."""
        for target in {_target(entry) for entry in entries}:
            self._set_timer(until_ms, target)

    def held_with(self, user: str, collapse_key: str | None) -> list[Entry]:
        """The held entries of a collapse key: one, unless a crash came before the note that the older gave way."""
        if collapse_key is None or not self._by_key:
            return []
        return [self.entries[found] for found in self._by_key.get((user, collapse_key), ())]

    def gave_way_to(self, told_id: str) -> bool:
        """Whether it is known of any entry that this notification was told in its place."""
        return told_id in self._by

    @property
    def holds_keys(self) -> bool:
        """Whether anything held has a collapse key."""
        return bool(self._by_key)

    def open_until(self, user: str, bucket: str) -> int | None:
        """When the newest group of a bucket is due."""
        return self._open.get((user, bucket))

    def told(self, user: str) -> list[Telling]:
        """What a user was told that counts, oldest first."""
        return sorted(self._tellings.get(user, {}).values())

    def __len__(self) -> int:
        """How many are held."""
        return sum(len(group) for group in self._groups.values())

    def _put(self, entry: Entry) -> None:
        before = self.entries.get(entry.id)
        if before is not None:
            self._unlink(before)
        self.entries[entry.id] = entry
        target = _target(entry)
        if entry.counts:
            self._tellings.setdefault(entry.user, {})[entry.id] = Telling(entry.at, entry.kind, entry.rule)
        if entry.by is not None:
            self._by.setdefault(entry.by, {})[entry.id] = None
        if not isinstance(target, str):
            self._groups.setdefault(target, {})[entry.id] = None
            if entry.bucket:
                place = (entry.user, entry.bucket)
                self._open[place] = max(self._open.get(place, 0), entry.due_at)
            if entry.collapse_key is not None:
                self._by_key.setdefault((entry.user, entry.collapse_key), {})[entry.id] = None
        self._set_timer(entry.due_at, target)

    def _unlink(self, entry: Entry) -> None:
        target = _target(entry)
        if entry.counts:
            _drop(self._tellings, entry.user, entry.id)
        if entry.by is not None:
            _drop(self._by, entry.by, entry.id)
        if isinstance(target, str):
            return
        _drop(self._groups, target, entry.id)
        if target not in self._groups and self._open.get(target[:2]) == entry.due_at:
            del self._open[target[:2]]
        if entry.collapse_key is not None:
            _drop(self._by_key, (entry.user, entry.collapse_key), entry.id)

    def _set_timer(self, due: int, target: Group | str) -> None:
        self._timers_made += 1  # so that two of the same time are never compared by what they are for
        heappush(self._timers, (due, self._timers_made, target))


def _target(entry: Entry) -> Group | str:
    return (entry.user, entry.bucket or entry.id, entry.due_at) if entry.state is State.HELD else entry.id


def _drop(of: dict, name: object, entry_id: str) -> None:  # type: ignore[type-arg]
    inner = of.get(name)
    if inner is not None:
        inner.pop(entry_id, None)
        if not inner:
            del of[name]
