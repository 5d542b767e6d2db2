"""Who follows what, by user, and who did lately. Pure."""

from collections import OrderedDict
from datetime import datetime
from typing import NamedTuple

from tidings_schemas.stamps import moment as moment_of
from tidings_schemas.topics import parse_follow_key

from .change import Change

_NOTHING: dict[str, datetime] = {}
_ENDED = 100_000  # users and topics of which it is remembered when they were followed
_SPANS = 8  # of each of them, the latest
_COUNTERS = 1024  # of changes: topics share them, so that they cost the same whatever the number of topics


class Span(NamedTuple):
    """A follow that has ended."""

    since: datetime
    until: datetime


class Follows:
    """user → followed topic → since; and the spans of what was followed before, the latest of all users."""

    def __init__(self) -> None:
        self._by_user: dict[str, dict[str, datetime]] = {}
        # Ordered, since a plain dict looks for its oldest among all that was deleted before it: 44 µs instead of 1.
        self._ended: OrderedDict[tuple[str, str], tuple[Span, ...]] = OrderedDict()
        self._changes = [0] * _COUNTERS

    def apply(self, changes: list[Change]) -> None:
        """See `State.apply`; a key that is none of ours is passed over."""
        for key, record, at_ms in changes:
            try:
                topic, user = parse_follow_key(key)
            except ValueError:
                continue
            if record is None:
                self._drop(user, topic, at_ms)
            else:
                self._by_user.setdefault(user, {})[topic] = record["since"]
            self._changed(topic)

    def of(self, user: str) -> dict[str, datetime]:
        """The user's follows: topic → since (aware, UTC)."""
        return self._by_user.get(user, _NOTHING).copy()

    def since(self, user: str, topic: str) -> datetime | None:
        """Since when the user follows the topic, or None."""
        return self._by_user.get(user, _NOTHING).get(topic)

    def has_followed(self, user: str, topic: str) -> bool:
        """Whether the user follows the topic, or did. Asked for each shared record, so it is kept short."""
        return topic in self._by_user.get(user, _NOTHING) or (user, topic) in self._ended

    def followed_at(self, user: str, topic: str, moment: datetime) -> bool:
        """Whether the user followed the topic then."""
        since = self._by_user.get(user, _NOTHING).get(topic)
        if since is not None and since <= moment:
            return True
        return any(span.since <= moment < span.until for span in self._ended.get((user, topic), ()))

    def changes(self, topic: str) -> int:
        """A number that is another one once what `has_followed` says of the topic may have changed."""
        return self._changes[hash(topic) % _COUNTERS]

    def count(self, user: str) -> int:
        """How many topics the user follows."""
        return len(self._by_user.get(user, _NOTHING))

    def __len__(self) -> int:
        """How many users follow something."""
        return len(self._by_user)

    def _drop(self, user: str, topic: str, at_ms: int) -> None:
        topics = self._by_user.get(user, _NOTHING)
        since = topics.pop(topic, None)
        if not topics:
            self._by_user.pop(user, None)
        if since is not None:
            self._remember(user, topic, Span(since, moment_of(at_ms) or since))  # without a time: as if it had not been

    def _remember(self, user: str, topic: str, span: Span) -> None:
        spans = (*self._ended.pop((user, topic), ()), span)
        self._ended[user, topic] = spans[-_SPANS:]
        if len(self._ended) > _ENDED:
            (_, forgotten), _ = self._ended.popitem(last=False)
            self._changed(forgotten)

    def _changed(self, topic: str) -> None:
        """After the change: who asks meanwhile then asks once more."""
        self._changes[hash(topic) % _COUNTERS] += 1
