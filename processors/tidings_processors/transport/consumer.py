"""Faust's consumer on librdkafka: runs of records in, offsets of what is done out."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast

from confluent_kafka import KafkaError, KafkaException
from faust.exceptions import ImproperlyConfigured
from faust.types import TP, ConsumerMessage, Message
from mode import Service, ServiceT

from .backlog import Limits
from .dispatcher import Dispatcher
from .events import Assigned, Failed, Fetched, ReaderEvent, Revoked, Sought
from .mailbox import ReaderStopped
from .message import AtWork, Nowhere
from .offsets import OffsetConsumer
from .partition import Partition
from .quiet import Quiet, QuietLog, more
from .reader import Reader
from .rebalance import Rebalancer, remaining
from .settings import librdkafka

if TYPE_CHECKING:
    from .transport import Transport

#: An error that repeats is logged once in this time, seconds.
_QUIET = 30.0
#: The last commit of a partition may take this long even when all time is used up, seconds.
_LAST_COMMIT = 0.5


class Consumer(OffsetConsumer):
    """See the package's README for what it promises."""

    consumer_stopped_errors = (KafkaException,)
    transport: Transport

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        settings = self.settings = self.transport.settings
        self.partitions = {}
        self._seen = {}
        self._reader: Reader | None = None
        self._loop_thread: asyncio.AbstractEventLoop | None = None
        self._fetching = False
        self._waiting = 0
        self._quiet = Quiet(_QUIET)
        self._stop_deadline: float | None = None
        self._progress = asyncio.Event()
        self._rebalancer = Rebalancer(self)
        self._dispatcher = Dispatcher(
            self.app,
            max_run=settings.max_run,
            max_undone=settings.max_undone,
            prefetch=settings.prefetch_runs,
            may_flow=self._may_flow,
            done=self._on_done,
        )
        # Faust's stream iterators (compiled ones too) work on these attributes; see `message.py`.
        self._unacked_messages = AtWork(self._dispatcher.started, self._dispatcher.finished)
        self._acked = self._acked_index = Nowhere()

    # -- life -----------------------------------------------------------------------------------------------------

    async def on_start(self) -> None:
        """Start the reader.

        Raises:
            ImproperlyConfigured: tables, exactly-once, client mode or Faust's own credentials are used.
        """
        self._refuse_what_cannot_work()
        self._loop_thread = asyncio.get_running_loop()
        self._reader = Reader(
            librdkafka(self.settings, self.transport.servers, self.app.conf.id, self.app.conf.broker_client_id),
            limits=Limits(self.settings.buffer_records, self.settings.buffer_bytes),
            linger=self.settings.linger,
            revoke_timeout=self.settings.revoke_timeout,
            loop=self._loop_thread,
            deliver=self._deliver,
            log=QuietLog(self.logger, _QUIET),
        )
        self._reader.start()
        await super().on_start()

    async def on_stop(self) -> None:
        """Wait, boundedly, for runs at work; commit what is done; leave the group."""
        if self._reader is not None:
            await self.wait_empty()
            await self._reader.close()
            for partition in self.partitions.values():
                partition.ledger.close()

    def _refuse_what_cannot_work(self) -> None:
        app, reasons = self.app, []
        if app.tables:
            reasons.append("it has no tables, whose changelogs would come in runs: keep state elsewhere")
        if app.in_transaction:
            reasons.append("it is at-least-once: set processing_guarantee='at_least_once'")
        if app.client_only:
            reasons.append("it has no client-only mode, which needs replies one by one: don't use agent.ask")
        if app.conf.broker_credentials and "security.protocol" not in self.settings.extra:
            reasons.append("credentials are librdkafka properties: Settings(extra={'security.protocol': …})")
        if reasons:
            raise ImproperlyConfigured("This transport cannot serve the app: " + "; ".join(reasons))

    @property
    def reader(self) -> Reader:
        """The running reader.

        Raises: RuntimeError before the consumer was started.
        """
        if self._reader is None:
            raise RuntimeError("the consumer is not started")
        return self._reader

    async def subscribe(self, topics: Iterable[str]) -> None:
        """Join the group for these topics; without any, be ready with nothing."""
        names = list(topics)
        if names:
            with suppress(ReaderStopped):  # the worker is stopping
                await self.reader.subscribe(names)
        else:
            self._rebalancer.assigned(Assigned({}, {}))

    # -- what the reader tells ------------------------------------------------------------------------------------

    def _deliver(self, event: ReaderEvent) -> None:
        try:
            self._on_event(event)
        except Exception as error:  # asyncio would only log it, and the partition would rest for ever
            self._end_with(error)

    def _on_event(self, event: ReaderEvent) -> None:
        if isinstance(event, Fetched):
            self._on_fetched(event)
        elif isinstance(event, Assigned):
            self._rebalancer.assigned(event)
        elif isinstance(event, Revoked):
            self._rebalancer.revoked(event)
        elif isinstance(event, Sought):
            if event.partition in self.partitions:
                self.partitions[event.partition].restart(event.offset)
        else:
            self._on_failed(event)

    def _on_fetched(self, event: Fetched) -> None:
        for tp, records in event.records.items():
            partition = self.partitions.get(tp)
            if partition is not None:
                partition.backlog.add(records)
                self._dispatcher.offer(partition)

    def _on_failed(self, event: Failed) -> None:
        about = f" ({event.partition.topic}[{event.partition.partition}])" if event.partition else ""
        if not event.fatal:
            self._warn(event, about)
        else:
            error = event.error
            self._end_with(error if isinstance(error, BaseException) else KafkaException(error))

    def _warn(self, event: Failed, about: str) -> None:
        code = event.error.code() if isinstance(event.error, KafkaError) else type(event.error)
        held = self._quiet.admit((code, event.partition), time.monotonic())
        if held is not None:
            self.log.warning("Kafka: %s%s%s", event.error, about, more(held))

    def _end_with(self, error: BaseException) -> None:
        if not self.should_stop:
            self.add_future(self.crash(error))

    # -- handing out ----------------------------------------------------------------------------------------------

    def bind(self) -> None:
        """Find the agents of all partitions, after an assignment."""
        self._dispatcher.bind(self.partitions.values())
        self._offer_all()

    def _may_flow(self, tp: TP) -> bool:
        return self.flow_active and self._fetching and tp not in self._paused_partitions

    def _offer_all(self) -> None:
        for partition in list(self.partitions.values()):
            self._dispatcher.offer(partition)

    def stop_flow(self) -> None:
        """Hand nothing out, and take back what no agent has started."""
        super().stop_flow()
        for partition in self.partitions.values():
            partition.recall()

    def resume_flow(self) -> None:
        """Hand out again."""
        super().resume_flow()
        self._offer_all()

    def resume_partitions(self, tps: Iterable[TP]) -> None:
        """Hand out records of these partitions again."""
        super().resume_partitions(tps)
        self._offer_all()

    async def _drain_messages(self, fetcher: ServiceT) -> None:
        # Faust's fetcher pulls; here the reader pushes, and the fetcher's life is when it may.
        self._fetching = True
        try:
            self._offer_all()
            await cast(Service, fetcher)._stopped.wait()
        finally:
            self._fetching = False

    # -- what is done ---------------------------------------------------------------------------------------------

    def _on_done(self) -> None:
        # From any thread. Whoever waits has said so before it looked at the ledgers, so no end is missed.
        if (self._waiting or self._dispatcher.blocked) and self._loop_thread is not None:
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                self._loop_thread.call_soon_threadsafe(self._on_progress)

    def _on_progress(self) -> None:
        self._progress.set()
        if self._dispatcher.blocked:
            self._dispatcher.blocked = False
            self._offer_all()

    async def finish(self, partitions: Mapping[TP, Partition], deadline: float) -> None:
        """Wait until the runs at work on these partitions are done, or until `deadline`; then commit what is."""
        self._waiting += 1
        try:
            while (unfinished := _unfinished(partitions)) and (left := remaining(deadline)):
                self._progress.clear()
                if _unfinished(partitions):
                    with suppress(TimeoutError):
                        async with asyncio.timeout(left):
                            await self._progress.wait()
        finally:
            self._waiting -= 1
        if unfinished:
            self.log.warning("Not waiting any longer for runs at work, they will be delivered again: %s", unfinished)
        try:
            async with asyncio.timeout(max(_LAST_COMMIT, remaining(deadline))):
                await self.commit_done(partitions)
        except TimeoutError:
            self.log.warning("The last commit was not answered; what it was for will be delivered again")

    async def wait_empty(self) -> None:
        """Wait for the runs at work, boundedly, when the app stops; a rebalance waits for itself (`Rebalancer`)."""
        if not (self.should_stop or self.app.should_stop):
            return
        if self._stop_deadline is None:
            self._stop_deadline = time.monotonic() + self.settings.stop_timeout
        for partition in self.partitions.values():
            partition.leave()
        await self.finish(self.partitions, self._stop_deadline)

    async def on_task_error(self, exc: BaseException) -> None:
        """An exception left an agent: the run it held is never done."""
        if self.settings.crash_on_agent_error:
            await self.crash(exc)

    @Service.task
    async def _rebalance(self) -> None:
        await self._rebalancer.run()

    # -- what Faust's fetcher would ask, and never does ---------------------------------------------------------------

    async def _getmany(self, active_partitions: set[TP] | None, timeout: float) -> Any:
        raise NotImplementedError("records are pushed, see _drain_messages")

    def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, Message]]:
        """Never called: records are pushed."""
        raise NotImplementedError("records are pushed, see _drain_messages")

    def _to_message(self, tp: TP, record: Any) -> ConsumerMessage:
        raise NotImplementedError("records come in runs, see RunMessage")


def _unfinished(partitions: Mapping[TP, Partition]) -> list[str]:
    return [f"{tp.topic}[{tp.partition}]" for tp, partition in partitions.items() if partition.ledger.awaited]
