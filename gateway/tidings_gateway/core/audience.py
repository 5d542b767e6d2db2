"""Who follows a topic in one partition, remembered for as long as it is true."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .session import Session

#: Whether a user follows a topic.
Follows = Callable[[str, str], bool]
#: Of a topic a number, which is another one whenever who follows it may have changed.
Changes = Callable[[str], int]

_MOST = 16  # topics at a time: each costs a word for each of its followers here


class Audience(list[Session]):
    """Sessions that follow one topic; the same object for as long as it is the same sessions.

    Attributes:
        note: what whoever writes to them wants to remember of them.
    """

    __slots__ = ("note",)

    note: Any

    def __init__(self, sessions: Sequence[Session]) -> None:
        super().__init__(sessions)
        self.note = None


class Audiences:
    """The audiences of the topics that were asked for lately.

    Args:
        changes: see `Changes`; None: nothing is remembered.
    """

    def __init__(self, changes: Changes | None) -> None:
        self._changes = changes
        self._known: dict[str, tuple[int, Audience]] = {}

    def __len__(self) -> int:
        return len(self._known)

    def forget(self) -> None:
        """A session has come or gone."""
        self._known.clear()

    def of(self, topic: str, follows: Follows, sessions: Mapping[str, Sequence[Session]]) -> Audience:
        """The followers among `sessions`, which are by user."""
        if self._changes is None:
            return _among(sessions, topic, follows)
        # Asked before who follows: what changes meanwhile makes it another number the next time.
        now = self._changes(topic)
        before, audience = self._known.get(topic, (None, None))
        if audience is None or before != now:
            audience = _among(sessions, topic, follows)
            if len(self._known) >= _MOST:
                self._known.clear()
            self._known[topic] = now, audience
        return audience


def _among(sessions: Mapping[str, Sequence[Session]], topic: str, follows: Follows) -> Audience:
    return Audience([session for user, theirs in sessions.items() if follows(user, topic) for session in theirs])
