"""One partition: its tail, and the sessions of the users who live there."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from .record import Record
from .session import Session
from .tail import Tail

Follows = Callable[[str, str], bool]


@dataclass(frozen=True, slots=True)
class Delivery:
    """The same records for several sessions, so that they are encoded once."""

    records: list[Record]
    sessions: list[Session]


class Lane:
    """A tail and who listens to it.

    Attributes:
        tail: the end of the partition's log.
        ahead: sessions whose position the tail has not reached yet, because another gateway was quicker.
    """

    def __init__(self, tail: Tail) -> None:
        self.tail = tail
        self.ahead: set[Session] = set()
        self._sessions: dict[str, list[Session]] = {}

    def __iter__(self) -> Iterator[Session]:
        for sessions in self._sessions.values():
            yield from sessions

    def of(self, user: str) -> tuple[Session, ...]:
        """The user's sessions."""
        return tuple(self._sessions.get(user, ()))

    def add(self, session: Session) -> None:
        """Takes in a session."""
        self._sessions.setdefault(session.user, []).append(session)

    def remove(self, session: Session) -> None:
        """Lets go of a session; one that is not there is no error."""
        self.ahead.discard(session)
        sessions = self._sessions.get(session.user, [])
        if session in sessions:
            sessions.remove(session)
            if not sessions:
                del self._sessions[session.user]

    def deliveries(self, records: Sequence[Record], follows: Follows, now: float) -> list[Delivery]:
        """Who of those that are not behind gets which of `records`; what nobody reads is never opened."""
        return self._one(records[0], follows, now) if len(records) == 1 else self._several(records, follows, now)

    def _one(self, record: Record, follows: Follows, now: float) -> list[Delivery]:
        """The usual case, and the one that must be quick: one record for a user, or for thousands."""
        if record.user:
            sessions = [session for session in self._sessions.get(record.user, ()) if not session.behind]
        else:
            topic, everybody = record.topic, self._sessions.items()
            sessions = [s for user, theirs in everybody if follows(user, topic) for s in theirs if not s.behind]
        return [Delivery([record], sessions)] if sessions and record.live(now) else []

    def _several(self, records: Iterable[Record], follows: Follows, now: float) -> list[Delivery]:
        by_user: dict[str, list[Record]] = {}
        for record in records:
            audience = self._audience(record, follows)
            if audience and record.live(now):
                for user in audience:
                    by_user.setdefault(user, []).append(record)
        groups: dict[tuple[int, ...], Delivery] = {}
        for user, theirs in by_user.items():
            sessions = [session for session in self._sessions[user] if not session.behind]
            key = tuple([record.offset for record in theirs])
            if key in groups:
                groups[key].sessions.extend(sessions)
            elif sessions:
                groups[key] = Delivery(theirs, sessions)
        return list(groups.values())

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
