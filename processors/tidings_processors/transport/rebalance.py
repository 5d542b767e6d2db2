"""What an assignment or a revocation means for Faust, step by step and one at a time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from faust.types import TP, AppT

from .events import Assigned, Revoked
from .partition import Partition


class Owner(Protocol):
    """What the steps need of the consumer."""

    app: AppT
    partitions: dict[TP, Partition]
    log: Any

    async def finish(self, partitions: Mapping[TP, Partition], deadline: float) -> None: ...
    async def on_partitions_revoked(self, revoked: set[TP]) -> None: ...
    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None: ...
    def bind(self) -> None: ...


@dataclass(frozen=True, slots=True)
class _Leave:
    event: Revoked
    partitions: dict[TP, Partition]


class Rebalancer:
    """Applies assignments and revocations in the order in which librdkafka reported them.

    Faust believes in eager rebalances: all is revoked, then all is assigned, and the flow rests between. With
    cooperative ones some partitions stay; so that those go on working while the group still rebalances, each step is
    told to Faust as a whole little rebalance: what went, then all that is there now, under a new generation id.
    """

    def __init__(self, owner: Owner) -> None:
        self._owner = owner
        self._steps: asyncio.Queue[_Leave | None] = asyncio.Queue()
        self._generation = 0

    def assigned(self, event: Assigned) -> None:
        """Partitions came. They are the owner's at once, and Faust's when it is their turn."""
        new = {tp: Partition(tp, level, event.starts.get(tp)) for tp, level in event.levels.items()}
        self._owner.partitions.update(new)
        self._steps.put_nowait(None)

    def revoked(self, event: Revoked) -> None:
        """Partitions have to go. Nothing more of them is handed out; what is at work may end."""
        owned = self._owner.partitions
        leaving = {tp: owned[tp] for tp in event.partitions if tp in owned}
        for partition in leaving.values():
            partition.leave()
            if event.lost:
                partition.ledger.close()
        self._steps.put_nowait(_Leave(event, leaving))

    async def run(self) -> None:
        """Take steps until cancelled."""
        while True:
            step = await self._steps.get()
            gone = await self._part_with(step) if step is not None else {}
            await self._tell_faust(gone)

    async def _part_with(self, step: _Leave) -> dict[TP, Partition]:
        owner, event = self._owner, step.event
        try:
            if not event.lost:
                await owner.finish(step.partitions, event.deadline)
        finally:
            for partition in step.partitions.values():
                partition.ledger.close()
            event.released.set()
        owner.log.info("%s %s", "Lost" if event.lost else "Gave up", _names(event.partitions))
        return self._still_here(step.partitions)

    def _still_here(self, partitions: Mapping[TP, Partition]) -> dict[TP, Partition]:
        """Without those that came back while we were late: such a one is a new object, and stays."""
        return {tp: partition for tp, partition in partitions.items() if self._owner.partitions.get(tp) is partition}

    async def _tell_faust(self, gone: Mapping[TP, Partition]) -> None:
        owner, app = self._owner, self._owner.app
        if not app.rebalancing:
            app.on_rebalance_start()
        await owner.on_partitions_revoked(set(gone))
        for tp in self._still_here(gone):
            del owner.partitions[tp]
        self._generation += 1
        app.consumer_generation_id = self._generation
        await owner.on_partitions_assigned(set(owner.partitions), self._generation)
        owner.bind()


def _names(partitions: frozenset[TP]) -> str:
    return ", ".join(f"{tp.topic}[{tp.partition}]" for tp in sorted(partitions)) or "nothing"


def remaining(deadline: float) -> float:
    """Seconds until `deadline` (`time.monotonic()`), at least 0."""
    return max(0.0, deadline - time.monotonic())
