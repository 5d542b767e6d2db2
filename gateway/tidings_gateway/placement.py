"""Which users are served here, and where the others are: the shards, as the topic and the log's reading stand now."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress

import structlog

from .core.hub import Hub
from .core.shards import Shards
from .pump import Pump
from .sources.base import Source

log = structlog.get_logger(__name__)


class Placement:
    """Answers by partition.

    Args:
        shards: None: this gateway serves everybody.
        source: told which partitions to read.
        hub, pump: know the partitions, and which of them are read to their end.
    """

    def __init__(self, shards: Shards | None, source: Source, hub: Hub, pump: Pump) -> None:
        self._shards = shards
        self._source = source
        self._hub = hub
        self._pump = pump
        if shards is not None:
            source.serve(shards.own)

    def move(self, moves: Mapping[int, int]) -> None:
        """The partitions of `moves` live on these shards, all others where they belong: streams go with them."""
        if self._shards is None:
            return
        before, self._shards = self._shards, self._shards.moved(moves)
        if self._shards != before:
            log.info("partitions live elsewhere now", moves=dict(self._shards.moves))
            self._source.serve(self._shards.own)

    def elsewhere(self, user: str) -> str | None:
        """The address of the gateway that serves the user; None: this one, or nobody knows yet."""
        if self._shards is None or not self._hub.count:
            return None
        return self._shards.elsewhere(self._hub.partition_of(user))

    def colleague(self, user: str) -> int | None:
        """The worker of this gateway that serves the user; None: this one, another gateway, or nobody knows yet."""
        if self._shards is None or not self._hub.count or self.elsewhere(user) is not None:
            return None
        return self._shards.colleague(self._hub.partition_of(user))

    def serves(self, user: str) -> bool:
        """Whether a stream of the user can be opened here now."""
        return self._hub.count > 0 and self._pump.serves(self._hub.partition_of(user))

    async def until_known(self, user: str, seconds: float) -> None:
        """Returns once the user is served here, or somebody else is known to, but after `seconds` at the latest."""
        if self.serves(user):
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._pump.primed.wait()
                while self.elsewhere(user) is None and self.colleague(user) is None and not self.serves(user):
                    await self._pump.until_turned()
