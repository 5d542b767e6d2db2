"""Who gets a shared notification, and in which words: asked of the views at the moment when it is given. Pure."""

from .core.record import Message
from .core.shared import Shared
from .views.follows import Follows
from .views.preferences import Preferences


class Sharing:
    """The views' answer for one user and one shared notification.

    Args:
        follows: who follows what, and since when.
        preferences: how each user reads.
    """

    def __init__(self, follows: Follows, preferences: Preferences) -> None:
        self._follows = follows
        self._preferences = preferences

    def __call__(self, user: str, shared: Shared) -> Message | None:
        """The user's own; None when they did not follow the topic when it was made, or are excepted."""
        if not self._follows.followed_at(user, shared.topic, shared.created_at) or shared.excepts(user):
            return None
        return shared.message_of(user, *self._preferences.reader(user))
