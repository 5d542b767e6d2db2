"""Runs a stage: records of a run in, records produced, and the run done as far as Kafka has all that came of it."""

import asyncio
from collections.abc import AsyncIterable, Awaitable, Callable, Sequence
from functools import partial
from time import perf_counter, time_ns
from typing import Any

import structlog
from confluent_kafka import Message
from tidings_schemas.errors import TidingsError, Transient
from tidings_schemas.headers import headers_of
from tidings_schemas.topics import Namespace

from .core.record import RecordIn, Step, Unreadable
from .core.stage import MAX_OUTS, Stage
from .known_schemas import SchemaPending, resolve
from .metrics import Metrics
from .outbox import Outbox, Parcel
from .transport import Run

log = structlog.get_logger(__name__)

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.05, 5.0
_FULL_S = 0.005
#: A run is done in parts of so many outputs or more, so that its commits go on and a crash repeats little of it.
PART = MAX_OUTS
#: The next part, or run, waits while so many outputs of its partition are under way: what a crash keeps from being
#: committed is written again, and whoever reads it remembers `TIDINGS_DEDUPE_WINDOW` ids a partition.
MOST_UNDER_WAY = 20_000


class StageRunner:
    """One stage at work on the runs of its topics.

    Args:
        stage: what is to be done.
        ready: waits until the state for a partition is here; False when that state was given up before.
        outbox: where the outputs go.
        chunk: records that the stage takes at once; between chunks the other stages get their turn.
    """

    def __init__(
        self,
        stage: Stage,
        ready: Callable[[str, int], Awaitable[bool]],
        outbox: Outbox,
        metrics: Metrics,
        namespace: Namespace,
        chunk: int,
    ) -> None:
        self._stage = stage
        self._ready = ready
        self._outbox = outbox
        self._metrics = metrics
        self._namespace = namespace
        self._chunk = chunk

    async def agent(self, stream: AsyncIterable[Run]) -> None:
        """The body of a Faust agent of concurrency 1. It never raises for what records hold."""
        async for run in stream:
            await self.work(run)

    async def work(self, run: Run) -> None:
        """Works on one run. Returns when all of it is handed over; it is done as far as Kafka has acked all of it."""
        topic = self._namespace.bare(run.topic)
        while not await self._ready(topic, run.partition):
            if not run.current:
                return  # the partition is somebody else's now
            # It is ours, and its state is just being made anew: a run that is left undone would end its commits.
            await asyncio.sleep(_FIRST_PAUSE_S)
        records = records_of(run, topic)
        parcel = await self._begin(run)
        failures = 0
        while records and run.current:
            step = self._step(records[: self._chunk])
            await self._outbox.put(step.outs, parcel)
            parcel.later += step.later
            parcel.last += step.last
            parcel.taken += step.done
            records = records[step.done :]
            failures = 0 if step.done else failures + 1
            # Not amid a record: what came of its beginning and of its end is done together.
            if parcel.size >= PART and records and step.done and not step.again:
                run, parcel = await self._split(run, parcel)
            # Also behind the last chunk: the stream may have the next run at hand, and would not wait for it.
            await (self._wait(step.waiting, failures) if step.waiting else asyncio.sleep(0))
        if records:
            parcel.abandon()
        else:
            parcel.seal()

    async def _begin(self, run: Run) -> Parcel:
        """Waits until little enough of its partition is under way (back-pressure)."""
        while self._outbox.under_way(run.tp) >= MOST_UNDER_WAY and run.current:  # noqa: ASYNC110
            await asyncio.sleep(_FULL_S)  # no event: that the partition is lost ends the waiting, too
        return self._outbox.parcel(f"{self._stage.name} of {run!r}", run.tp, partial(self._landed, run))

    async def _split(self, run: Run, parcel: Parcel) -> tuple[Run, Parcel]:
        """What is dealt with is done by itself; returns the rest of the run, with a parcel for what comes of it."""
        rest = run.split(parcel.taken)
        parcel.seal()
        return rest, await self._begin(rest)

    def _step(self, records: Sequence[RecordIn]) -> Step:
        start = perf_counter()
        step = self._stage.process(records, time_ns() // 1_000_000)
        self._metrics.step(self._stage.name, step, perf_counter() - start)
        return step

    def _landed(self, run: Run) -> None:
        """Kafka has all that came of a run. Whose partition was taken away meanwhile has nothing to be told."""
        if run.current:
            self._stage.landed(run.partition, run.first, run.last)
        run.done()

    async def _wait(self, reason: Transient, failures: int) -> None:
        """Waits in place, longer each time. The deadman ends the process when that takes too long."""
        try:
            if isinstance(reason, SchemaPending):
                await resolve(reason)
                return
        except TidingsError as error:
            reason = error if isinstance(error, Transient) else reason
            log.warning("waiting", stage=self._stage.name, error=str(error))
        pause = min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2 ** min(failures, 10))
        await asyncio.sleep(pause)


def records_of(run: Sequence[Message], topic: str) -> list[RecordIn]:
    """A run's records as a stage takes them; `topic` is the bare name."""
    records = []
    for m in run:
        headers: Any
        try:
            headers = headers_of(m) or ()
        except SystemError:  # a name that is not UTF-8
            headers = Unreadable()
        records.append(RecordIn(topic, m.partition(), m.offset(), m.key(), m.value(), headers, m.timestamp()[1]))  # type: ignore[arg-type]
    return records
