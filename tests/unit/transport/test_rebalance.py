"""Partitions that come and go, as Faust is told of them."""

import asyncio
import logging
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from faust.types import TP
from tidings_processors.transport.backlog import Level
from tidings_processors.transport.events import Assigned, Revoked
from tidings_processors.transport.partition import Partition
from tidings_processors.transport.rebalance import Rebalancer

HERE = TP("events", 0)
ASSIGNED = Assigned({HERE: Level()}, {})


class Owner:
    """A consumer whose partition comes back while Faust is still being told that it went."""

    app: Any = SimpleNamespace(rebalancing=True)
    log = logging.getLogger("owner")

    def __init__(self) -> None:
        self.partitions: dict[TP, Partition] = {}
        self.rebalancer = Rebalancer(self)
        self.bound = 0
        self.back = asyncio.Event()

    async def finish(self, partitions: Mapping[TP, Partition], deadline: float) -> None:
        """Nothing is at work."""

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        if revoked:
            self.rebalancer.assigned(ASSIGNED)

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        self.assigned = assigned

    def bind(self) -> None:
        self.bound += 1
        if self.bound == 3:  # it came, it went, it came back
            self.back.set()


async def test_a_partition_that_comes_back_while_faust_is_told_that_it_went_stays() -> None:
    """Else librdkafka would read it and its records would be dropped, until the next rebalance."""
    owner = Owner()
    owner.rebalancer.assigned(ASSIGNED)
    (before,) = owner.partitions.values()
    owner.rebalancer.revoked(Revoked(frozenset({HERE}), True, 0.0))
    steps = asyncio.create_task(owner.rebalancer.run())
    await asyncio.wait_for(owner.back.wait(), 30)
    steps.cancel()
    assert owner.partitions[HERE] is not before
    assert not owner.partitions[HERE].leaving
    assert owner.assigned == {HERE}
