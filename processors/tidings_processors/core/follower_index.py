"""Who follows what, of one partition of `follows`, in little memory.

Most topics have one follower or a few: one is kept as a bare string, a few as a tuple, many as a set. Users' names are
interned, since a user follows many topics.

One thread changes it (the reader of `follows`) while another asks: each change is one assignment or one operation of a
set, and `of` takes a copy in one operation, so the one who asks sees the state before or after.
"""

from sys import intern

_FEW = 12


class FollowerIndex:
    """Users by followed topic."""

    def __init__(self) -> None:
        self._topics: dict[str, str | tuple[str, ...] | set[str]] = {}

    def add(self, topic: str, user: str) -> None:
        """`user` follows `topic`; again changes nothing."""
        user = intern(user)
        found = self._topics.get(topic)
        if found is None:
            self._topics[topic] = user
        elif isinstance(found, set):
            found.add(user)
        elif isinstance(found, str):
            if found != user:
                self._topics[topic] = (found, user)
        elif user not in found:
            self._topics[topic] = (*found, user) if len(found) < _FEW else {*found, user}

    def remove(self, topic: str, user: str) -> None:
        """`user` follows `topic` no more; if they never did, nothing changes."""
        found = self._topics.get(topic)
        if isinstance(found, set):
            found.discard(user)
            if not found:
                del self._topics[topic]
        elif found == user:
            del self._topics[topic]
        elif isinstance(found, tuple) and user in found:
            rest = tuple(other for other in found if other != user)
            self._topics[topic] = rest if len(rest) > 1 else rest[0]

    def of(self, topic: str) -> tuple[str, ...]:
        """The topic's followers, in no order."""
        found = self._topics.get(topic, ())
        return (found,) if isinstance(found, str) else tuple(found)

    def count(self, topic: str) -> int:
        """How many follow the topic."""
        found = self._topics.get(topic, ())
        return 1 if isinstance(found, str) else len(found)

    def among(self, topic: str, users: set[str]) -> set[str]:
        """Those of `users` who follow the topic, in one operation."""
        found = self._topics.get(topic, ())
        return users & (found if isinstance(found, set) else set(self.of(topic)))

    def __len__(self) -> int:
        """How many topics have followers."""
        return len(self._topics)
