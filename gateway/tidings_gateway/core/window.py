"""Which notifications were seen lately: the processors may write one again at a new offset after a crash."""

from collections import deque

from .record import Record

_SHARES = 256  # shared notifications that are compared with what is one user's own


class Window:
    """The last `capacity` distinct ids.

    A set and not a high-water mark of source offsets: with a zombie's partial failure a mark turns a duplicate
    into a loss. For the same reason a record that cannot be read does not stand in the way of one that can.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._known: dict[bytes, Record | int] = {}  # int: offset of one no longer in memory, taken to be readable
        self._order: deque[bytes] = deque()
        self._shares: dict[str, list[Record]] = {}  # by what they tell
        self._shares_order: deque[str] = deque()

    def __len__(self) -> int:
        return len(self._known)

    def add(self, record: Record) -> bool:
        """Notes the record. False if it repeats one that was there before; one without an id never does."""
        id, known = record.id, self._known
        if id is None:
            return True
        if id in known:
            earlier = known[id]
            if isinstance(earlier, int) or earlier.message is not None:
                return False
            known[id] = record
            return True
        known[id] = record
        self._order.append(id)
        if len(self._order) > self._capacity:
            del known[self._order.popleft()]
        if record.differs:
            self._note(record)
        return True

    def release(self, record: Record) -> None:
        """The record leaves memory; its id stays known."""
        if record.id is not None and self._known.get(record.id) is record:
            self._known[record.id] = record.offset

    def note_earlier(self, share: Record) -> None:
        """A shared record from before those that were added was read back; the newest are kept."""
        if len(self._shares_order) < _SHARES:
            self._shares.setdefault(_told(share), []).insert(0, share)
            self._shares_order.appendleft(_told(share))

    @property
    def is_plain(self) -> bool:
        """Whether `give` would give each user's own records as they are: nothing shared is there to compare with."""
        return not self._shares

    def give(self, record: Record, user: str) -> Record | None:
        """A record that is the user's, or shared by those who follow its topic, as the user gets it.

        None if it is not for them after all, or if an earlier record told them the same: one of their own (they follow
        several topics that the event leads to) or a shared one.
        """
        mine = record.of(user)
        if mine is None or (record.differs and self._was_own(mine)) or (self._shares and self._was_shared(mine, user)):
            return None
        return mine

    def _was_own(self, mine: Record) -> bool:
        earlier = self._known.get(mine.id or b"")
        return earlier is not None and (earlier if isinstance(earlier, int) else earlier.offset) < mine.offset

    def _was_shared(self, mine: Record, user: str) -> bool:
        return any(
            share.offset < mine.offset and (theirs := share.of(user)) is not None and theirs.id == mine.id
            for share in self._shares.get(_told(mine), ())
        )

    def _note(self, share: Record) -> None:
        self._shares.setdefault(_told(share), []).append(share)
        self._shares_order.append(_told(share))
        if len(self._shares_order) > _SHARES:
            oldest = self._shares_order.popleft()
            self._shares[oldest].pop(0)
            if not self._shares[oldest]:
                del self._shares[oldest]


def _told(record: Record) -> str:
    return record.message.told if record.message is not None else ""
