"""One partition: its tail, and the sessions of the users who live there."""

from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter
from typing import NamedTuple

from .audience import Audiences, Changes, Follows
from .record import Record
from .session import Session
from .tail import Tail

_offset = attrgetter("offset")


class Delivery(NamedTuple):
    """The same records for several sessions, so that they are encoded once."""

    records: list[Record]
    sessions: list[Session]


class Lane:
    """A tail and who listens to it.

    Args:
        changes: when to ask anew who follows a topic; None: each time.

    Attributes:
        tail: the end of the partition's log.
        ahead: sessions whose position the tail has not reached yet, because another gateway was quicker.
    """

    def __init__(self, tail: Tail, changes: Changes | None = None) -> None:
        self.tail = tail
        self.ahead: set[Session] = set()
        self._sessions: dict[str, list[Session]] = {}
        self._audiences = Audiences(changes)

    def __iter__(self) -> Iterator[Session]:
        for sessions in self._sessions.values():
            yield from sessions

    def of(self, user: str) -> tuple[Session, ...]:
        """The user's sessions."""
        return tuple(self._sessions.get(user, ()))

    def add(self, session: Session) -> None:
        """Takes in a session."""
        self._sessions.setdefault(session.user, []).append(session)
        self._audiences.forget()

    def remove(self, session: Session) -> None:
        """Lets go of a session; one that is not there is no error."""
        self.ahead.discard(session)
        sessions = self._sessions.get(session.user, [])
        if session in sessions:
            sessions.remove(session)
            self._audiences.forget()
            if not sessions:
                del self._sessions[session.user]

    def wanted(self, records: Iterable[Record]) -> list[Record]:
        """Those of one user each who is here."""
        return [record for record in records if record.user in self._sessions]

    def deliveries(self, records: Sequence[Record], follows: Follows, now: float) -> list[Delivery]:
        """Who of those that are not behind gets which of `records`; what nobody reads is never opened."""
        return self._one(records[0], follows, now) if len(records) == 1 else self._several(records, follows, now)

    def _one(self, record: Record, follows: Follows, now: float) -> list[Delivery]:
        """The usual case, and the one that must be quick: one record for a user, or for thousands."""
        if record.differs:
            return self._each(record, follows) if record.live(now) else []
        if record.user:
            sessions = [session for session in self._sessions.get(record.user, ()) if not session.behind]
            if not sessions or self.tail.window.give(record, record.user) is None:
                return []
        else:
            sessions = self._followers(record.topic, follows)
        return [Delivery([record], sessions)] if sessions and record.live(now) else []

    def _each(self, record: Record, follows: Follows) -> list[Delivery]:
        """A shared record, of which each user gets their own."""
        topic, give, deliveries = record.topic, self.tail.window.give, []
        for user, theirs in self._sessions.items():
            sessions = [session for session in theirs if not session.behind] if follows(user, topic) else []
            mine = give(record, user) if sessions else None
            if mine is not None:
                deliveries.append(Delivery([mine], sessions))
        return deliveries

    def _several(self, records: Iterable[Record], follows: Follows, now: float) -> list[Delivery]:
        own: dict[str, list[Record]] = {}
        alike: dict[str, list[Record]] = {}  # shared and the same for all, by topic
        give, is_plain, here = self.tail.window.give, self.tail.window.is_plain, self._sessions
        for record in records:
            if is_plain and record.user:  # the usual case, and one that must be quick
                if record.user in here and record.live(now):
                    own.setdefault(record.user, []).append(record)
                continue
            if not (record.user or record.differs):
                alike.setdefault(record.topic, []).append(record)
                continue
            audience = self._audience(record, follows)
            if audience and record.live(now):
                for user in audience:
                    mine = give(record, user)
                    if mine is not None:
                        own.setdefault(user, []).append(mine)
        common = self._common(own, alike, follows, now) if alike else []
        return common + [Delivery(theirs, ready) for user, theirs in own.items() if (ready := self._ready(user))]

    def _common(
        self, own: dict[str, list[Record]], alike: dict[str, list[Record]], follows: Follows, now: float
    ) -> list[Delivery]:
        """Who has none of their own gets what all get who follow the same topics; the others' is added to `own`."""
        groups: dict[tuple[str, ...], list[Session]]
        if len(alike) == 1 and not own:  # the usual case, and the one that must be quick
            groups = {(topic,): self._followers(topic, follows) for topic in alike}
        else:
            groups = self._groups(own, alike, follows, now)
        found = [Delivery(_live(alike, topics, now), sessions) for topics, sessions in groups.items() if sessions]
        return [delivery for delivery in found if delivery.records]

    def _groups(
        self, own: dict[str, list[Record]], alike: dict[str, list[Record]], follows: Follows, now: float
    ) -> dict[tuple[str, ...], list[Session]]:
        groups: dict[tuple[str, ...], list[Session]] = {}
        for user in self._sessions:
            topics = tuple([topic for topic in alike if follows(user, topic)])
            if topics and user in own:
                own[user] = sorted([*own[user], *_live(alike, topics, now)], key=_offset)
            elif topics:
                groups.setdefault(topics, []).extend(self._ready(user))
        return groups

    def _followers(self, topic: str, follows: Follows) -> list[Session]:
        audience = self._audiences.of(topic, follows, self._sessions)
        ready = [session for session in audience if not session.behind]
        return audience if len(ready) == len(audience) else ready

    def _ready(self, user: str) -> list[Session]:
        return [session for session in self._sessions[user] if not session.behind]

    def woken(self) -> list[Session]:
        """Those that were ahead and are no longer."""
        if not self.ahead:
            return []
        reached = [session for session in self.ahead if session.position <= self.tail.end]
        self.ahead.difference_update(reached)
        return reached

    def _audience(self, record: Record, follows: Follows) -> Iterable[str]:
        if record.user:
            return (record.user,) if record.user in self._sessions else ()
        return [user for user in self._sessions if follows(user, record.topic)]


def _live(alike: dict[str, list[Record]], topics: Iterable[str], now: float) -> list[Record]:
    """Those of the topics that may be delivered, in order."""
    return sorted([record for topic in topics for record in alike[topic] if record.live(now)], key=_offset)
