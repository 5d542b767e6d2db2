"""Shell: the three views of a gateway, together."""

import asyncio

from tidings_schemas import Follow, Followable, Preference
from tidings_schemas.codec import Codec
from tidings_schemas.settings import Settings
from tidings_schemas.topics import FOLLOWABLES, FOLLOWS, PREFERENCES

from .followables import Followables
from .follows import Follows
from .preferences import Preferences
from .view import View


class Views:
    """Starts, and ends, reading who follows what, who wants to be told how, and what may be followed."""

    def __init__(self, settings: Settings, codec: Codec) -> None:
        self.follows = View(settings, codec, FOLLOWS, Follow.avro_name, Follows())
        self.preferences = View(settings, codec, PREFERENCES, Preference.avro_name, Preferences())
        self.followables = View(settings, codec, FOLLOWABLES, Followable.avro_name, Followables())
        self._all = (self.follows, self.preferences, self.followables)

    async def start(self) -> None:
        """Starts to read; returns at once. See `View.start`."""
        await asyncio.gather(*(view.start() for view in self._all))

    def restoring(self) -> list[str]:
        """Names of the topics that are not yet read to the end of what they held at the start."""
        return [view.topic.name for view in self._all if not view.restored]

    def undecodable(self) -> int:
        """How many records were passed over."""
        return sum(view.undecodable for view in self._all)

    async def close(self) -> None:
        """Stops reading."""
        await asyncio.gather(*(view.close() for view in self._all))
