"""Those who use it behave badly: bad records, slow readers, everybody at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random

from tidings_chaos.world import World

_ROUNDS = 3  # of all fifteen kinds
_SLOW_SHARE = 5  # one in so many clients
_STORM = 4  # passing clients for each lasting one
_PAUSE_S = 0.02


@asynccontextmanager
async def poisoned(world: World, rng: Random) -> AsyncIterator[str]:
    """A burst of bad records among the good ones."""
    bad = [one for _ in range(_ROUNDS) for one in world.poison.all()]
    rng.shuffle(bad)
    for one in bad:
        world.put(one)
        await asyncio.sleep(_PAUSE_S)
    yield f"{len(bad)} records"
    await asyncio.to_thread(world.producer.flush, 30)


@asynccontextmanager
async def slow_readers(world: World, rng: Random) -> AsyncIterator[str]:
    """Some clients stop reading for a while."""
    slow = rng.sample(world.devices, max(1, len(world.devices) // _SLOW_SHARE))
    for device in slow:
        device.stall()
    try:
        yield f"{len(slow)} clients"
    finally:
        for device in slow:
            device.read_on()


@asynccontextmanager
async def storm(world: World, rng: Random) -> AsyncIterator[str]:
    """All clients lose their connection at once and come back, and many more come for a while."""
    users = sorted({device.user for device in world.devices})
    passing = [world.device(rng.choice(users), 0, lasting=False) for _ in range(_STORM * len(world.devices))]
    for device in world.devices:
        device.hang_up()
    for device in passing:
        device.begin()
    try:
        yield f"{len(passing) + len(world.devices)} clients"
    finally:
        for device in passing:
            await device.end()
