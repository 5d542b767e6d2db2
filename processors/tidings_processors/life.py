"""The worker's life inside Faust: started before the first record can come, stopped after the last one was let go."""

import asyncio
from typing import Any, cast

import faust
from faust.types import TP
from mode import Service

from .health import Health
from .processors import Processors
from .transport.consumer import Consumer
from .watch import Place, Progress

_LOOK_S = 1.0
_REACH_S = 3.0


class Life(Service):
    """Starts and stops what is not Faust's, hands assignments on, and looks at the lag.

    Args:
        app: the Faust app.
        processors: all of the worker but Faust.
        health: answers probes; None = nobody asks.
    """

    def __init__(self, app: faust.App, processors: Processors, health: Health | None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._app = app
        self._processors = processors
        self._health = health
        self._bare = processors.settings.namespace.bare
        app.on_partitions_assigned.connect(self._assigned, weak=False)

    async def on_start(self) -> None:
        """Answers probes from now on; waits until the worker can process."""
        if self._health is not None:
            self._health.start()
        await self._processors.start()

    async def on_stop(self) -> None:
        """Lets what is under way arrive, then ends all."""
        await self._processors.stop()
        if self._health is not None:
            self._health.stop()

    @property
    def _consumer(self) -> Consumer:
        return cast(Consumer, self._app.consumer)

    def _assigned(self, *args: Any, **_: Any) -> None:
        partitions: set[TP] = args[-1]
        held = self._consumer.partitions
        self._processors.assign({(self._bare(tp.topic), tp.partition): held[tp] for tp in partitions})

    @Service.task
    async def _look(self) -> None:
        async for _ in self.itertimer(_LOOK_S, name="lag"):
            processors = self._processors
            if processors.joined:
                processors.lag_watch.look(self._progress())
                processors.metrics.lag(processors.lag_watch.lags())
            processors.metrics.ready.set(not processors.unready())

    @Service.task
    async def _let_time_pass(self) -> None:
        async for _ in self.itertimer(_LOOK_S, name="ticks"):
            self._processors.let_time_pass()

    @Service.task
    async def _reach(self) -> None:
        async for _ in self.itertimer(_REACH_S, name="reach"):
            self._processors.reachable = await asyncio.to_thread(self._processors.outbox.reach, _REACH_S)

    def _progress(self) -> dict[Place, Progress]:
        """Of the partitions that were fetched; for the others Kafka does not answer, which `reachable` tells."""
        consumer = self._consumer
        ends = {tp: (consumer.highwater(tp), lag) for tp, lag in consumer.lag().items()}
        return {(self._bare(tp.topic), tp.partition): Progress(end - lag, end) for tp, (end, lag) in ends.items()}
