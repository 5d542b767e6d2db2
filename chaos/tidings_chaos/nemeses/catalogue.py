"""All nemeses by name, and how long each holds."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import partial
from random import Random

from tidings_chaos.cluster import SESSION_S
from tidings_chaos.links import CLIENTS, GATEWAYS, WORKERS
from tidings_chaos.world import World

from . import disk, load, network, processes

Act = Callable[[World, Random], AbstractAsyncContextManager[str]]
Hold = tuple[float, float]

#: Longer than the group waits for a silent worker, so that it comes back as a zombie.
_PAST_SESSION: Hold = (SESSION_S + 3, SESSION_S + 6)
_SHORT: Hold = (0.5, 4.0)
_MEDIUM: Hold = (4.0, 10.0)


@dataclass(frozen=True, slots=True)
class Nemesis:
    """One way to break it.

    Attributes:
        target: what it breaks; of those with the same target one is at work at a time.
        hold: between how many seconds it lasts.
        act: breaks on entering, heals on leaving.
    """

    name: str
    target: str
    hold: Hold
    act: Act


def _nemesis(name: str, hold: Hold, act: Callable[..., AbstractAsyncContextManager[str]], *bound: object) -> Nemesis:
    target = _SHARED_TARGETS.get(name) or name.removesuffix("-kill").removesuffix("-term").removesuffix("-pause")
    return Nemesis(name, target, hold, partial(act, *bound))


_SHARED_TARGETS = {"rebalance": "worker", "disk-full": "broker"}


NEMESES = {
    nemesis.name: nemesis
    for nemesis in (
        _nemesis("broker-kill", _SHORT, processes.killed, processes.broker),
        _nemesis("broker-term", _SHORT, processes.ended, processes.broker),
        _nemesis("broker-pause", _PAST_SESSION, processes.paused, processes.broker),
        _nemesis("worker-kill", _SHORT, processes.killed, processes.worker),
        _nemesis("worker-term", _SHORT, processes.ended, processes.worker),
        _nemesis("worker-pause", _PAST_SESSION, processes.paused, processes.worker),
        _nemesis("gateway-kill", _SHORT, processes.killed, processes.gateway),
        _nemesis("gateway-term", _SHORT, processes.ended, processes.gateway),
        _nemesis("gateway-pause", _MEDIUM, processes.paused, processes.gateway),
        _nemesis("rebalance", _SHORT, processes.rebalanced),
        _nemesis("link-clients", _MEDIUM, network.spoilt, CLIENTS),
        _nemesis("link-gateways", _MEDIUM, network.spoilt, GATEWAYS),
        _nemesis("link-workers", _MEDIUM, network.spoilt, WORKERS),
        _nemesis("registry-down", _MEDIUM, processes.killed, processes.registry),
        _nemesis("poison", _SHORT, load.poisoned),
        _nemesis("slow-readers", _MEDIUM, load.slow_readers),
        _nemesis("storm", _SHORT, load.storm),
        _nemesis("disk-full", _SHORT, disk.full),
    )
}
#: Needs a small disk for the broker.
DISK = "disk-full"
