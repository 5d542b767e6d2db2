"""Processes are killed, asked to end, and stopped in the middle; workers come and go."""

import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from random import Random

from tidings_chaos.member import Member
from tidings_chaos.world import World

Pick = Callable[[World, Random], Member]


def broker(world: World, rng: Random) -> Member:
    """The one broker."""
    return world.cluster.broker


def registry(world: World, rng: Random) -> Member:
    """The one registry."""
    return world.cluster.registry


def worker(world: World, rng: Random) -> Member:
    """Any worker."""
    return rng.choice(world.cluster.workers)


def gateway(world: World, rng: Random) -> Member:
    """Any gateway."""
    return rng.choice(world.cluster.gateways)


@asynccontextmanager
async def killed(pick: Pick, world: World, rng: Random) -> AsyncIterator[str]:
    """As by a power cut: SIGKILL, and started again."""
    async with _ended(pick(world, rng), signal.SIGKILL) as name:
        yield name


@asynccontextmanager
async def ended(pick: Pick, world: World, rng: Random) -> AsyncIterator[str]:
    """As by a deployment: SIGTERM, and started again."""
    async with _ended(pick(world, rng), signal.SIGTERM) as name:
        yield name


@asynccontextmanager
async def paused(pick: Pick, world: World, rng: Random) -> AsyncIterator[str]:
    """As by a hypervisor: SIGSTOP, and SIGCONT when others have long taken over."""
    member = pick(world, rng)
    member.pause()
    try:
        yield member.name
    finally:
        member.go_on()
    await member.ready()


@asynccontextmanager
async def rebalanced(world: World, rng: Random) -> AsyncIterator[str]:
    """A worker joins, and one leaves."""
    added = world.cluster.add_worker()
    await added.ready()
    yield added.name
    leaving = rng.choice(world.cluster.workers)
    await world.cluster.remove_worker(leaving)


@asynccontextmanager
async def _ended(member: Member, how: signal.Signals) -> AsyncIterator[str]:
    await member.end(how)
    try:
        yield member.name
    finally:
        member.start()
    await member.ready()
