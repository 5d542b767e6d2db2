"""A link is spoilt: cut, slowed, or made to lose what it carries."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random

from tidings_chaos.world import World


@asynccontextmanager
async def spoilt(link: str, world: World, rng: Random) -> AsyncIterator[str]:
    """One of the faults that the links can have, drawn anew each time."""
    links = world.cluster.links
    fault = rng.choice(list(links.faults))
    await asyncio.to_thread(links.spoil, link, fault)
    try:
        yield str(fault)
    finally:
        await asyncio.to_thread(links.mend, link)
