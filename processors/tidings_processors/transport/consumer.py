"""Faust's consumer on librdkafka: runs of records in, offsets of what is done out."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import TYPE_CHECKING, Any, cast

from confluent_kafka import KafkaException
from faust.exceptions import ImproperlyConfigured
from faust.transport.consumer import Consumer as FaustConsumer
from faust.types import TP, ConsumerMessage, Message
from faust.types.transports import TPorTopicSet
from mode import Service, ServiceT

from .backlog import Limits
from .dispatcher import Dispatcher
from .events import Assigned, Failed, Fetched, ReaderEvent, Revoked, Sought
from .message import AtWork, Nowhere
from .partition import Partition
from .reader import Reader
from .rebalance import Rebalancer, remaining
from .settings import librdkafka

if TYPE_CHECKING:
    from .transport import Transport


class Consumer(FaustConsumer):
    """See the package's README for what it promises."""

    consumer_stopped_errors = (KafkaException,)
    transport: Transport

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        settings = self.settings = self.transport.settings
        self.partitions: dict[TP, Partition] = {}
        self._reader: Reader | None = None
        self._ends: dict[TP, int] = {}
        self._fetching = False
        self._waiting = False
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
        self._reader = Reader(
            librdkafka(self.settings, self.transport.servers, self.app.conf.id, self.app.conf.broker_client_id),
            limits=Limits(self.settings.buffer_records, self.settings.buffer_bytes),
            linger=self.settings.linger,
            revoke_timeout=self.settings.revoke_timeout,
            loop=asyncio.get_running_loop(),
            deliver=self._on_event,
            logger=cast(Any, self.log).logger,
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
        if self.app.tables:
            raise ImproperlyConfigured(
                "This transport has no tables (their changelogs would come in runs); keep state in a store or topic"
            )
        if self.app.in_transaction:
            raise ImproperlyConfigured("This transport is at-least-once; set processing_guarantee='at_least_once'")
        if self.app.client_only:
            raise ImproperlyConfigured("This transport has no client-only mode (agent.ask needs replies one by one)")
        if self.app.conf.broker_credentials and "security.protocol" not in self.settings.extra:
            raise ImproperlyConfigured(
                "Give credentials as librdkafka properties: Settings(extra={'security.protocol': …, …})"
            )

    @property
    def reader(self) -> Reader:
        if self._reader is None:
            raise RuntimeError("the consumer is not started")
        return self._reader

    # -- what the reader tells ------------------------------------------------------------------------------------

    def _on_event(self, event: ReaderEvent) -> None:
        if isinstance(event, Fetched):
            self._on_fetched(event)
        elif isinstance(event, Assigned):
            self.partitions.update({tp: Partition(tp, level) for tp, level in event.levels.items()})
            self._rebalancer.add(event)
        elif isinstance(event, Revoked):
            self._rebalancer.add(event)
        elif isinstance(event, Sought):
            self.partitions[event.partition].restart()
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
            self.log.warning("Kafka: %s%s", event.error, about)
        elif not self.should_stop:
            error = event.error
            self.add_future(self.crash(error if isinstance(error, BaseException) else KafkaException(error)))

    # -- handing out ----------------------------------------------------------------------------------------------

    def bind(self) -> None:
        """Find the agents of all partitions, after an assignment."""
        self._dispatcher.bind(self.partitions.values())
        self._offer_all()

    def _may_flow(self, tp: TP) -> bool:
        return self.flow_active and self._fetching and tp not in self._paused_partitions and tp in self.partitions

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
        if (self._waiting or self._dispatcher.blocked) and self.loop is not None:
            self.loop.call_soon_threadsafe(self._on_progress)

    def _on_progress(self) -> None:
        self._progress.set()
        if self._dispatcher.blocked:
            self._dispatcher.blocked = False
            self._offer_all()

    async def finish(self, partitions: set[TP], deadline: float) -> None:
        """Wait until the runs at work on these partitions are done, or until `deadline`; then commit what is."""
        self._waiting = True
        try:
            while (unfinished := self._unfinished(partitions)) and (left := remaining(deadline)):
                self._progress.clear()
                if self._unfinished(partitions):
                    await asyncio.wait([asyncio.ensure_future(self._progress.wait())], timeout=min(left, 0.1))
        finally:
            self._waiting = False
        if unfinished:
            self.log.warning("Not waiting any longer for runs at work, which will be delivered again: %s", unfinished)
        if remaining(deadline) or not unfinished:
            await self.force_commit(cast(TPorTopicSet, partitions))

    def _unfinished(self, partitions: set[TP]) -> set[TP]:
        return {tp for tp in partitions & self.partitions.keys() if self.partitions[tp].ledger.awaited}

    async def wait_empty(self) -> None:
        """Wait, boundedly, for the runs at work, and commit."""
        for partition in self.partitions.values():
            if self.should_stop or self.app.should_stop:
                partition.give_up()
        await self.finish(set(self.partitions), time.monotonic() + self.settings.stop_timeout)

    async def force_commit(self, topics: TPorTopicSet | None = None, start_new_transaction: bool = True) -> bool:
        """Commit what is done of all, or of these, topics and partitions."""
        state = self.app.sensors.on_commit_initiated(self)
        offsets = {
            tp: pending
            for tp, partition in self.partitions.items()
            if (topics is None or tp in topics or tp.topic in topics)
            and (pending := partition.ledger.pending) is not None
        }
        did_commit = bool(offsets) and await self._commit(offsets)
        self.app.sensors.on_commit_completed(self, state)
        return did_commit

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        ledgers = {tp: self.partitions[tp].ledger for tp in offsets}
        try:
            answer = await self.reader.commit(offsets)
        except KafkaException as error:
            self.log.warning("Commit refused, to be tried again if the partitions stay here: %s", error)
            return False
        for one in answer:
            if one.error is not None:
                self.log.warning("Commit of %s[%s] refused: %s", one.topic, one.partition, one.error)
        accepted = {TP(one.topic, one.partition): one.offset for one in answer if one.error is None}
        for tp, offset in accepted.items():
            ledgers[tp].committed(offset)
        self.app.monitor.on_tp_commit(accepted)
        return bool(accepted)

    async def on_task_error(self, exc: BaseException) -> None:
        """An exception left an agent: the run it held is never done."""
        if self.settings.crash_on_agent_error:
            await self.crash(exc)

    # -- Faust asks -----------------------------------------------------------------------------------------------

    @Service.task
    async def _rebalance(self) -> None:
        await self._rebalancer.run()

    @Service.task
    async def _watch_ends(self) -> None:
        async for _ in self.itertimer(self.settings.watermark_interval, name="ends"):
            self._ends = await self.reader.ends(self.partitions)
            for tp, end in self._ends.items():
                self.app.monitor.track_tp_end_offset(tp, end)

    async def subscribe(self, topics: Iterable[str]) -> None:
        """Join the group for these topics."""
        names = list(topics)
        if names:
            await self.reader.subscribe(names)
        else:
            self._rebalancer.add(Assigned({}))

    def assignment(self) -> set[TP]:
        """Partitions that this worker has."""
        return set(self.partitions)

    async def perform_seek(self) -> None:
        """Nothing: what was read and not handed out is still here, so a rebalance rewinds nothing."""

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """Seek all partitions to the committed offsets, and return those."""
        offsets = {
            tp: offset for tp, offset in (await self.reader.committed(self.partitions)).items() if offset is not None
        }
        await self.seek_wait(offsets)
        return offsets

    async def seek_to_beginning(self, *partitions: TP) -> None:
        """Read partitions from their first record."""
        await self.seek_wait(await self.earliest_offsets(*partitions))

    async def seek_wait(self, partitions: Mapping[TP, int]) -> None:
        """Read partitions from these offsets on."""
        for tp, offset in partitions.items():
            await self._seek(tp, offset)

    async def _seek(self, partition: TP, offset: int) -> None:
        await self.reader.seek(partition, offset)

    async def position(self, tp: TP) -> int | None:
        """Offset of the next record to be handed out; the committed one before the first."""
        partition = self.partitions.get(tp)
        if partition is not None and partition.next_offset is not None:
            return partition.next_offset
        return (await self.reader.committed([tp])).get(tp)

    def highwater(self, tp: TP) -> int:
        """The partition's end as it was a moment ago; 0 before the first fetch."""
        return self._ends.get(tp, 0)

    async def highwaters(self, *partitions: TP) -> Mapping[TP, int]:
        """The partitions' ends, asked of the broker."""
        return {tp: (await self.reader.watermarks(tp))[1] for tp in partitions}

    async def earliest_offsets(self, *partitions: TP) -> Mapping[TP, int]:
        """The partitions' first offsets, asked of the broker."""
        return {tp: (await self.reader.watermarks(tp))[0] for tp in partitions}

    async def create_topic(self, topic: str, partitions: int, replication: int, **options: Any) -> None:
        """Declare a topic, through Faust's producer, if the app may."""
        if self.app.conf.topic_allow_declare:
            await self.app.producer.create_topic(topic, partitions, replication, **options)
        else:
            self.log.warning("Topic %s is not created: the app's topic_allow_declare is off", topic)

    def topic_partitions(self, topic: str) -> int | None:
        """Unknown: only tables ask, and there are none here."""
        return None

    def key_partition(self, topic: str, key: bytes | None, partition: int | None = None) -> int | None:
        """The partition if one is given; only transactions ask for more, and there are none here."""
        return partition

    async def _getmany(self, active_partitions: set[TP] | None, timeout: float) -> Any:
        raise NotImplementedError("records are pushed, see _drain_messages")

    def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, Message]]:
        """Never called: records are pushed."""
        raise NotImplementedError("records are pushed, see _drain_messages")

    def _to_message(self, tp: TP, record: Any) -> ConsumerMessage:
        raise NotImplementedError("records come in runs, see RunMessage")

    def _new_topicpartition(self, topic: str, partition: int) -> TP:
        return TP(topic, partition)
