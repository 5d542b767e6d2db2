"""Who follows what, and since when, of one partition of `follows`, in little memory.

Most topics have one follower or a few: they are kept as a tuple, many as a dict, which takes less than a set. Users'
names are interned, since a user follows many topics.

One thread changes it (the reader of `follows`) while another asks: each change is one assignment or one operation of a
dict, and each answer begins with one operation that takes a copy, so the one who asks sees the state before or after.
"""

from sys import intern
from typing import cast

_FEW = 12

Pairs = tuple[str | int, ...]  # user, since, user, since, …
Users = tuple[str, ...]


class FollowerIndex:
    """Users by followed topic. Times are ms since 1970."""

    def __init__(self) -> None:
        self._topics: dict[str, Pairs | dict[str, int]] = {}

    def add(self, topic: str, user: str, since_ms: int) -> None:
        """`user` follows `topic` since then, whatever was known before."""
        user = intern(user)
        found = self._topics.get(topic, ())
        if isinstance(found, dict):
            found[user] = since_ms
            return
        pairs = (*_without(found, user), user, since_ms)
        self._topics[topic] = pairs if len(pairs) <= 2 * _FEW else dict(zip(*_columns(pairs), strict=True))

    def remove(self, topic: str, user: str) -> None:
        """`user` follows `topic` no more; if they never did, nothing changes."""
        found = self._topics.get(topic, ())
        if isinstance(found, dict):
            found.pop(user, None)
            rest: Pairs | dict[str, int] = found
        else:
            rest = _without(found, user)
        if rest:
            self._topics[topic] = rest
        else:
            self._topics.pop(topic, None)

    def of(self, topic: str, at_ms: int) -> Users:
        """Those of the topic's followers who followed it then already, in no order."""
        users, since = _columns(self._topics.get(topic, ()))
        if not since or max(since) <= at_ms:
            return users
        return tuple(user for user, since_ms in zip(users, since, strict=True) if since_ms <= at_ms)

    def count(self, topic: str) -> int:
        """How many follow the topic."""
        found = self._topics.get(topic, ())
        return len(found) if isinstance(found, dict) else len(found) // 2

    def among(self, topic: str, users: set[str]) -> set[str]:
        """Those of `users` who follow the topic, in one operation."""
        found = self._topics.get(topic, ())
        return users & (found.keys() if isinstance(found, dict) else set(found[::2]))

    def __len__(self) -> int:
        """How many topics have followers."""
        return len(self._topics)


def _columns(found: Pairs | dict[str, int]) -> tuple[Users, tuple[int, ...]]:
    if isinstance(found, dict):
        copied = found.copy()
        return tuple(copied), tuple(copied.values())
    return cast(Users, found[::2]), cast(tuple[int, ...], found[1::2])


def _without(pairs: Pairs, user: str) -> Pairs:
    if user not in pairs:
        return pairs
    at = pairs.index(user)
    return pairs[:at] + pairs[at + 2 :]
