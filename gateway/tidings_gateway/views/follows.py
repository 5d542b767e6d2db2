"""Who follows what, by user. Pure."""

from datetime import datetime

from tidings_schemas.topics import parse_follow_key

from .change import Change

_NOTHING: dict[str, datetime] = {}


class Follows:
    """user → followed topic → since."""

    def __init__(self) -> None:
        self._by_user: dict[str, dict[str, datetime]] = {}

    def apply(self, changes: list[Change]) -> None:
        """See `State.apply`; a key that is none of ours is passed over."""
        for key, record in changes:
            try:
                topic, user = parse_follow_key(key)
            except ValueError:
                continue
            if record is None:
                self._drop(user, topic)
            else:
                self._by_user.setdefault(user, {})[topic] = record["since"]

    def of(self, user: str) -> dict[str, datetime]:
        """The user's follows: topic → since (aware, UTC)."""
        return self._by_user.get(user, _NOTHING).copy()

    def since(self, user: str, topic: str) -> datetime | None:
        """Since when the user follows the topic, or None."""
        return self._by_user.get(user, _NOTHING).get(topic)

    def follows(self, user: str, topic: str) -> bool:
        """Whether the user follows the topic. Asked for each shared record, so it is kept short."""
        return topic in self._by_user.get(user, _NOTHING)

    def count(self, user: str) -> int:
        """How many topics the user follows."""
        return len(self._by_user.get(user, _NOTHING))

    def __len__(self) -> int:
        """How many users follow something."""
        return len(self._by_user)

    def _drop(self, user: str, topic: str) -> None:
        topics = self._by_user.get(user, _NOTHING)
        topics.pop(topic, None)
        if not topics:
            self._by_user.pop(user, None)
