"""The end of one partition's log, in memory: what came lately, found by user.

Bounded by bytes and by age. `start` is the first offset from which nothing is missing; what lies before must
come from the log itself.
"""

from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter

from .record import Record
from .window import Window

#: Bytes that a record costs beside its value: the objects around it, its place in two indexes, its opened message.
OVERHEAD = 700
_REREAD_AGE = 60.0  # seconds that records read back are kept
_offset = attrgetter("offset")


@dataclass(frozen=True, slots=True)
class Gone:
    """The tail does not reach there: `ahead` when its end comes before the offset, else its start comes after."""

    ahead: bool


class Tail:
    """A ring of records in offset order with an index for each user and each shared topic.

    Args:
        start: the partition's offset at which it begins.
        begin: the first offset that it is given, ≤ `start`: what comes between only shows what was there before.
        max_bytes: what the records may cost, `OVERHEAD` included.
        max_age: seconds since arrival.
        window: for recognising replayed notifications.
    """

    def __init__(self, start: int, begin: int, max_bytes: int, max_age: float, window: Window) -> None:
        self.start = start
        self.end = begin
        self.bytes = 0
        self.duplicates = 0
        self._max_bytes = max_bytes
        self._max_age = max_age
        self.window = window
        self._records: deque[Record] = deque()
        self._users: dict[str, list[Record]] = {}
        self._topics: dict[str, list[Record]] = {}

    def __len__(self) -> int:
        return len(self._records)

    def append(self, record: Record, now: float) -> bool:
        """Takes the record that follows in the log. False if it is not to be given to anybody."""
        if record.offset < self.end:
            return False
        self.end = record.offset + 1
        if not self.window.add(record):
            self.duplicates += 1
            return False
        if record.offset < self.start:
            self.window.release(record)
            return False
        record.arrived = now
        self._records.append(record)
        if record.user:
            self._users.setdefault(record.user, []).append(record)
        else:
            self._topics.setdefault(record.topic, []).append(record)
        self.bytes += record.size + OVERHEAD
        return True

    @property
    def room(self) -> int:
        """Bytes that are free."""
        return self._max_bytes - self.bytes

    def prepend(self, records: Sequence[Record], start: int, now: float) -> None:
        """Takes what lies between `start` and the tail's own start, as it was read back; keeps it for a minute."""
        records = [record for record in records if record.offset < self.start]
        self.start = min(start, self.start)
        self.bytes += sum(record.size + OVERHEAD for record in records)
        self._records.extendleft(reversed(records))
        before: dict[tuple[bool, str], list[Record]] = {}
        for record in reversed(records):
            if record.differs:
                self.window.note_earlier(record)
        for record in records:
            record.arrived = now - self._max_age + _REREAD_AGE
            before.setdefault((bool(record.user), record.user or record.topic), []).append(record)
        for (is_user, key), theirs in before.items():
            index = self._users if is_user else self._topics
            index[key] = theirs + index.get(key, [])

    def advance(self, end: int) -> None:
        """The log is empty up to `end` (markers and deleted records take offsets too)."""
        self.end = max(self.end, end)

    def trim(self, now: float) -> None:
        """Lets go of the oldest records until bytes and age fit."""
        evicted: tuple[dict[str, int], dict[str, int]] = {}, {}  # by topic, by user
        records, oldest = self._records, now - self._max_age
        while records and (self.bytes > self._max_bytes or records[0].arrived < oldest):
            record = records.popleft()
            self.start = record.offset + 1
            self.bytes -= record.size + OVERHEAD
            self.window.release(record)
            counts, key = evicted[bool(record.user)], record.user or record.topic
            counts[key] = counts.get(key, 0) + 1
        for index, counts in zip((self._topics, self._users), evicted, strict=True):
            for key, count in counts.items():
                _drop(index, key, count)

    def since(self, user: str, offset: int, follows: Callable[[str, str], bool]) -> list[Record] | Gone:
        """The records for `user` from `offset` on, in order: its own, and the shared ones of topics it follows."""
        if not self.start <= offset <= self.end:
            return Gone(ahead=offset > self.end)
        own = _from(self._users.get(user, ()), offset)
        shared = [_from(of_topic, offset) for topic, of_topic in self._topics.items() if follows(user, topic)]
        mine = sorted([*own, *(record for part in shared for record in part)], key=_offset) if any(shared) else own
        give, repeats = self.window.give, self._repeats_own
        return [given for r in mine if (given := give(r, user)) is not None and not (r.differs and repeats(given))]

    def _repeats_own(self, record: Record) -> bool:
        """Whether the user was told by a record of their own that was read back, so that the window may not know it."""
        return any(own.id == record.id and own.offset < record.offset for own in self._users.get(record.user, ()))


def _drop(index: dict[str, list[Record]], key: str, count: int) -> None:
    """Once for each key and trim, not once a record: deleting from a list's front moves all the rest."""
    records = index[key]
    if count == len(records):
        del index[key]
    else:
        del records[:count]


def _from(records: Iterable[Record], offset: int) -> list[Record]:
    ordered = records if isinstance(records, list) else list(records)
    return ordered[bisect_left(ordered, offset, key=_offset) :]
