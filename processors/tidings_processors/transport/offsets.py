"""Where partitions are read, what of them is committed, where they begin and end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

from confluent_kafka import KafkaException
from faust.transport.consumer import Consumer as FaustConsumer
from faust.types import TP
from faust.types.transports import TPorTopicSet
from mode import Service

from .mailbox import ReaderStopped
from .partition import Partition
from .reader import Reader
from .settings import Settings


class OffsetConsumer(FaustConsumer):
    """Commit, seek, position and watermarks, asked of the reader. Expects `partitions`, `reader` and `settings`."""

    partitions: dict[TP, Partition]
    settings: Settings
    _seen: dict[TP, tuple[int, int]]

    @property
    def reader(self) -> Reader:
        """The running reader.

        Raises: RuntimeError before the consumer was started.
        """
        raise NotImplementedError

    async def force_commit(self, topics: TPorTopicSet | None = None, start_new_transaction: bool = True) -> bool:
        """Commit what is done of all, or of these, topics and partitions."""
        chosen = {
            tp: partition
            for tp, partition in self.partitions.items()
            if topics is None or tp in topics or tp.topic in topics
        }
        return await self.commit_done(chosen)

    async def commit_done(self, partitions: Mapping[TP, Partition]) -> bool:
        """Commit what is done of these partitions. Returns whether anything new was accepted."""
        state = self.app.sensors.on_commit_initiated(self)
        ledgers = {tp: partition.ledger for tp, partition in partitions.items()}
        offsets = {tp: pending for tp, ledger in ledgers.items() if (pending := ledger.pending) is not None}
        accepted = await self._accepted(offsets) if offsets else {}
        for tp, offset in accepted.items():
            ledgers[tp].committed(offset)
        self.app.monitor.on_tp_commit(accepted)
        self.app.sensors.on_commit_completed(self, state)
        return bool(accepted)

    async def _accepted(self, offsets: Mapping[TP, int]) -> dict[TP, int]:
        try:
            answer = await self.reader.commit(offsets)
        except (KafkaException, ReaderStopped) as error:
            self.log.warning("Commit refused; it is tried again while the partitions stay here: %s", error)
            return {}
        for one in answer:
            if one.error is not None:
                self.log.warning("Commit of %s[%s] refused: %s", one.topic, one.partition, one.error)
        return {TP(one.topic, one.partition): one.offset for one in answer if one.error is None}

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        return bool(await self._accepted(offsets))

    @Service.task
    async def _watch_ends(self) -> None:
        async for _ in self.itertimer(self.settings.watermark_interval, name="ends"):
            with suppress(ReaderStopped):  # the worker is stopping
                self._seen = await self.reader.seen(self.partitions)
            for tp, (_, end) in self._seen.items():
                self.app.monitor.track_tp_end_offset(tp, end)

    async def perform_seek(self) -> None:
        """Nothing: what was read and not handed out is still here, so a rebalance rewinds nothing."""

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """Read all partitions from their committed offsets, and return those."""
        committed = await self.reader.committed(self.partitions)
        offsets = {tp: offset for tp, offset in committed.items() if offset is not None}
        await self.seek_wait(offsets)
        return offsets

    async def seek_to_beginning(self, *partitions: TP) -> None:
        """Read partitions from their first record."""
        await self.seek_wait(await self.earliest_offsets(*partitions))

    async def seek_wait(self, partitions: Mapping[TP, int]) -> None:
        """Read partitions from these offsets on. Runs at work count no more; the next run starts there."""
        for tp, offset in partitions.items():
            await self._seek(tp, offset)

    async def seek(self, partition: TP, offset: int) -> None:
        """Read a partition from `offset` on.

        Raises: KafkaException if the partition is not this worker's.
        """
        await self._seek(partition, offset)

    async def _seek(self, partition: TP, offset: int) -> None:
        await self.reader.seek(partition, offset)

    async def position(self, tp: TP) -> int | None:
        """Offset of the next record to be handed out; None if it is not this worker's, or not known yet."""
        partition = self.partitions.get(tp)
        if partition is None:
            return None
        head = partition.backlog.head
        if partition.next_offset is None and head is not None:
            return head.offset()
        return partition.start if partition.next_offset is None else partition.next_offset

    def highwater(self, tp: TP) -> int:
        """The partition's end as it was a moment ago; 0 before the first fetch."""
        return self._seen[tp][1] if tp in self._seen else 0

    def lag(self) -> dict[TP, int]:
        """Records of each partition that are there and not done, as of the last look at the ends.

        A partition that was never fetched yet is left out.
        """
        seen = {tp: (partition, *self._seen[tp]) for tp, partition in self.partitions.items() if tp in self._seen}
        return {tp: max(0, end - self._done_to(partition, low, end)) for tp, (partition, low, end) in seen.items()}

    def _done_to(self, partition: Partition, low: int, end: int) -> int:
        done = partition.done_to
        if done is not None:
            return max(done, low)
        return low if self.settings.auto_offset_reset == "earliest" else end

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

    def assignment(self) -> set[TP]:
        """Partitions that this worker has."""
        return set(self.partitions)

    def topic_partitions(self, topic: str) -> int | None:
        """Unknown: only tables ask, and there are none here."""
        return None

    def key_partition(self, topic: str, key: bytes | None, partition: int | None = None) -> int | None:
        """The partition if one is given; only transactions ask for more, and there are none here."""
        return partition

    def _new_topicpartition(self, topic: str, partition: int) -> TP:
        return TP(topic, partition)

    async def subscribe(self, topics: Iterable[str]) -> None:
        """Join the group for these topics."""
        raise NotImplementedError
