"""What an assignment or a revocation means for Faust, step by step and one at a time."""

from __future__ import annotations

import asyncio
import time
from typing import Any, Protocol

from faust.types import TP, AppT

from .events import Assigned, Revoked
from .partition import Partition


class Owner(Protocol):
    """What the steps need of the consumer."""

    app: AppT
    partitions: dict[TP, Partition]
    log: Any

    def stop_flow(self) -> None: ...
    async def finish(self, partitions: set[TP], deadline: float) -> None: ...
    async def on_partitions_revoked(self, revoked: set[TP]) -> None: ...
    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None: ...
    def bind(self) -> None: ...


class Rebalancer:
    """Applies assignments and revocations in the order in which librdkafka reported them.

    Faust believes in eager rebalances: all is revoked, then all is assigned, and the flow rests between. With
    cooperative ones some partitions stay; so that those go on working while the group still rebalances, each step is
    told to Faust as a whole little rebalance: what goes, then all that is there now, under a new generation id.
    """

    def __init__(self, owner: Owner) -> None:
        self._owner = owner
        self._steps: asyncio.Queue[Assigned | Revoked] = asyncio.Queue()
        self._generation = 0

    def add(self, step: Assigned | Revoked) -> None:
        """Queue a step."""
        self._steps.put_nowait(step)

    async def run(self) -> None:
        """Take steps until cancelled."""
        while True:
            step = await self._steps.get()
            if isinstance(step, Assigned):
                await self._assign(set())
            else:
                await self._revoke(step)

    async def _revoke(self, step: Revoked) -> None:
        owner, gone = self._owner, set(step.partitions)
        try:
            self._begin()
            owner.stop_flow()
            for tp in gone & owner.partitions.keys():
                owner.partitions[tp].give_up()
            if not step.lost:
                await owner.finish(gone, step.deadline)
        finally:
            for tp in gone & owner.partitions.keys():
                owner.partitions[tp].ledger.close()
            step.released.set()
        owner.log.info("%s %s", "Lost" if step.lost else "Gave up", _names(gone))
        await self._assign(gone)

    async def _assign(self, gone: set[TP]) -> None:
        owner, app = self._owner, self._owner.app
        self._begin()
        await owner.on_partitions_revoked(gone)
        for tp in gone:
            owner.partitions.pop(tp, None)
        self._generation += 1
        app.consumer_generation_id = self._generation
        await owner.on_partitions_assigned(set(owner.partitions), self._generation)
        owner.bind()

    def _begin(self) -> None:
        if not self._owner.app.rebalancing:
            self._owner.app.on_rebalance_start()


def _names(partitions: set[TP]) -> str:
    return ", ".join(f"{tp.topic}[{tp.partition}]" for tp in sorted(partitions)) or "nothing"


def remaining(deadline: float) -> float:
    """Seconds until `deadline` (`time.monotonic()`), at least 0."""
    return max(0.0, deadline - time.monotonic())
