"""The thread that owns the librdkafka consumer: it blocks in `poll`, so that the event loop never does.

What it learns goes to the loop in one ordered queue, by one `call_soon_threadsafe` however much has gathered. What
the loop wants (subscribe, seek, commit, ask the broker) is run here, between two polls: confluent-kafka lets one
thread at a time into a consumer; any other spins, even for a cached figure, until `poll` happens to be out of the way.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition
from faust.types import TP

from .backlog import Gate, Level, Limits
from .events import Assigned, Failed, Fetched, ReaderEvent, Revoked, Sought
from .mailbox import ReaderStopped as ReaderStopped
from .mailbox import ToLoop, ToThread
from .quiet import QuietLog

#: Longest time in `poll`, seconds: a command waits no longer than this.
_POLL = 0.1
#: The same while a partition is paused, since draining its backlog wakes nobody.
_POLL_PAUSED = 0.005
#: Longest wait for the broker's answer to a question, seconds.
_ASK = 5.0
#: How often the loop's commands are looked for while a revocation waits, seconds.
_REVOKE_TURN = 0.002
#: Most messages taken out of librdkafka at once; the GIL is held meanwhile (about 0.5 µs each).
_BATCH = 1000


class Reader(threading.Thread):
    """Reads records and tells `deliver`, on the event loop, what happened.

    Args:
        config: of `confluent_kafka.Consumer`.
        limits: how much of a partition may wait on the loop's side before it is paused.
        linger: seconds to let records gather after the first.
        revoke_timeout: seconds a revocation waits for the loop.
        loop: where `deliver` runs.
        deliver: called on the loop with events in order.
    """

    def __init__(
        self,
        config: Mapping[str, Any],
        *,
        limits: Limits,
        linger: float,
        revoke_timeout: float,
        loop: asyncio.AbstractEventLoop,
        deliver: Callable[[ReaderEvent], None],
        log: QuietLog,
    ) -> None:
        super().__init__(name="kafka-reader", daemon=True)
        callbacks = {"error_cb": self._on_error, "on_commit": self._on_commit}
        self._kafka = Consumer({**config, **callbacks}, logger=log)
        self._gate: Gate[TP] = Gate(limits)
        self._levels: dict[TP, Level] = {}
        self._new: list[TP] = []
        self._linger = linger
        self._revoke_timeout = revoke_timeout
        self._log = log
        self._events = ToLoop(loop, deliver)
        self._commands = ToThread()
        self._closing = threading.Event()
        self._commits: deque[Future[list[TopicPartition]]] = deque()
        self._in_callback = False
        self._losing = False

    # -- called on the event loop ---------------------------------------------------------------------------------

    async def subscribe(self, topics: Iterable[str]) -> None:
        """Join the group for these topics, replacing those before."""
        names = sorted(topics)
        await self._commands.ask(lambda: self._kafka.subscribe(names, self._on_assign, self._on_revoke, self._on_lost))

    async def seek(self, partition: TP, offset: int) -> None:
        """Read an assigned partition from `offset` on. A `Sought` parts the records before from those after."""
        await self._commands.ask(lambda: self._seek(partition, offset))

    async def commit(self, offsets: Mapping[TP, int]) -> list[TopicPartition]:
        """Commit and wait for the broker's answer.

        Returns: one entry a partition, with `.error` set if that one was refused.
        Raises: KafkaException if the commit as a whole was refused (a zombie's, say).
        """
        wanted = [TopicPartition(tp.topic, tp.partition, offset) for tp, offset in offsets.items()]
        answer: Future[list[TopicPartition]] = Future()
        answer.set_running_or_notify_cancel()  # from here on it cannot be cancelled, so its end need not look
        await self._commands.ask(lambda: self._commit(wanted, answer))
        return await asyncio.wrap_future(answer)

    async def committed(self, partitions: Iterable[TP]) -> dict[TP, int | None]:
        """Committed offsets, None where there is none, asked of the broker."""
        wanted = [TopicPartition(*tp) for tp in partitions]
        answer = await self._commands.ask(lambda: self._kafka.committed(wanted, timeout=_ASK)) if wanted else []
        return {TP(one.topic, one.partition): one.offset if one.offset >= 0 else None for one in answer}

    async def watermarks(self, partition: TP) -> tuple[int, int]:
        """First and next offset of a partition, asked of the broker.

        Raises: KafkaException if it does not answer.
        """
        asked = TopicPartition(*partition)
        low, high = await self._commands.ask(lambda: self._kafka.get_watermark_offsets(asked, timeout=_ASK))
        return low, high

    async def seen(self, partitions: Iterable[TP]) -> dict[TP, tuple[int, int]]:
        """First and next offsets of partitions as the last fetch saw them; those never fetched are left out."""
        wanted = list(partitions)
        return await self._commands.ask(lambda: self._seen(wanted))

    @property
    def paused(self) -> set[TP]:
        """Partitions of which enough waits here."""
        return set(self._gate.paused)

    async def close(self) -> None:
        """Leave the group and end the thread."""
        self._closing.set()
        await asyncio.get_running_loop().run_in_executor(None, self.join)

    # -- called in this thread ------------------------------------------------------------------------------------

    def run(self) -> None:
        """Poll until closed. Whatever goes wrong here is fatal and told."""
        try:
            while not self._closing.is_set():
                self._turn()
        except BaseException as error:
            self._events.tell(Failed(error, fatal=True))
        finally:
            self._end()

    def _turn(self) -> None:
        self._commands.run()
        if self._new:
            # librdkafka remembers that a partition was paused when it comes back, and would never read it again.
            self._kafka.resume([TopicPartition(*tp) for tp in self._new if tp in self._levels])
            self._new = []
        if self._gate.paused:
            self._resume()
        message = self._kafka.poll(_POLL_PAUSED if self._gate.paused else _POLL)
        if message is None:
            return
        if self._linger:
            time.sleep(self._linger)
        records = self._by_partition([message, *self._kafka.consume(_BATCH - 1, 0)])
        if records:
            self._events.tell(Fetched(records))
            self._pause(records)

    def _by_partition(self, messages: list[Message]) -> dict[TP, list[Message]]:
        sorted_out: dict[tuple[str | None, int | None], list[Message]] = {}
        for message in messages:
            if message.error() is not None:
                self._on_message_error(message)
                continue
            key = (message.topic(), message.partition())
            if key in sorted_out:
                sorted_out[key].append(message)
            else:
                sorted_out[key] = [message]
        # A partition that was revoked inside this very `consume` has no level any more: its records are not ours.
        records = {TP(*key): chunk for key, chunk in sorted_out.items() if key in self._levels}
        for tp, chunk in records.items():
            level = self._levels[tp]
            level.read += len(chunk)
            level.read_bytes += sum(map(len, chunk))
        return records

    def _pause(self, touched: Iterable[TP]) -> None:
        if full := self._gate.close(self._levels, touched):
            self._kafka.pause([TopicPartition(*tp) for tp in full])

    def _resume(self) -> None:
        if drained := self._gate.open(self._levels):
            self._kafka.resume([TopicPartition(*tp) for tp in drained])

    def _seek(self, tp: TP, offset: int) -> None:
        self._kafka.seek(TopicPartition(tp.topic, tp.partition, offset))
        self._events.tell(Sought(tp, offset))

    def _commit(self, offsets: list[TopicPartition], answer: Future[list[TopicPartition]]) -> None:
        if self._losing:  # the broker would refuse it; and with the coordinator gone, waiting for that took minutes
            answer.set_exception(KafkaException(KafkaError(KafkaError._ASSIGNMENT_LOST)))
        elif self._in_callback:  # nobody polls now, so the broker's answer must be waited for
            answer.set_result(self._kafka.commit(offsets=offsets, asynchronous=False) or [])
        else:
            self._kafka.commit(offsets=offsets, asynchronous=True)
            self._commits.append(answer)

    def _seen(self, partitions: list[TP]) -> dict[TP, tuple[int, int]]:
        cached = {tp: self._kafka.get_watermark_offsets(TopicPartition(*tp), cached=True) for tp in partitions}
        return {tp: (max(0, marks[0]), marks[1]) for tp, marks in cached.items() if marks and marks[1] >= 0}

    def _end(self) -> None:
        try:
            self._kafka.close()
        finally:
            self._commands.end()
            for answer in self._commits:
                answer.set_exception(ReaderStopped("the consumer is closed"))

    # -- librdkafka's callbacks, run inside `poll`, `consume` and `close` ---------------------------------------------

    def _on_assign(self, _: Consumer, partitions: list[TopicPartition]) -> None:
        if self._closing.is_set():
            return
        levels = {TP(one.topic, one.partition): Level() for one in partitions}
        self._levels.update(levels)
        self._new += levels
        self._events.tell(Assigned(levels, self._starts(partitions)))

    def _starts(self, partitions: list[TopicPartition]) -> dict[TP, int]:
        try:
            committed = self._kafka.committed(partitions, timeout=_ASK) if partitions else []
        except KafkaException as error:  # only the lag wants to know; librdkafka asks for itself
            self._log.log(logging.WARNING, "%s: committed offsets are unknown: %s", "COMMITTED", error)
            return {}
        return {TP(one.topic, one.partition): one.offset for one in committed if one.offset >= 0}

    def _on_revoke(self, _: Consumer, partitions: list[TopicPartition]) -> None:
        self._give_up(partitions, lost=False)

    def _on_lost(self, _: Consumer, partitions: list[TopicPartition]) -> None:
        self._give_up(partitions, lost=True)

    def _give_up(self, partitions: list[TopicPartition], lost: bool) -> None:
        gone = frozenset(TP(one.topic, one.partition) for one in partitions)
        if not self._closing.is_set():
            event = Revoked(gone, lost, time.monotonic() + self._revoke_timeout)
            self._events.tell(event)
            self._await_release(event)
        for tp in gone:
            self._levels.pop(tp, None)

    def _await_release(self, event: Revoked) -> None:
        self._in_callback, self._losing = True, event.lost
        try:
            while not (event.released.wait(_REVOKE_TURN) or self._closing.is_set()):
                self._commands.run()
                if time.monotonic() > event.deadline + 1.0:
                    self._log.log(
                        logging.ERROR, "%s: the event loop is stuck, giving up %s", "REVOKE", event.partitions
                    )
                    return
        finally:
            self._in_callback = self._losing = False

    def _on_commit(self, error: KafkaError | None, partitions: list[TopicPartition]) -> None:
        if not self._commits:
            return
        answer = self._commits.popleft()
        if error is None:
            answer.set_result(partitions)
        else:
            answer.set_exception(KafkaException(error))

    def _on_error(self, error: KafkaError) -> None:
        self._events.tell(Failed(error, _fatal(error)))

    def _on_message_error(self, message: Message) -> None:
        error = message.error()
        if error is not None and error.code() != KafkaError._PARTITION_EOF:
            topic, partition = message.topic(), message.partition()
            about = TP(topic, partition) if topic is not None and partition is not None else None
            self._events.tell(Failed(error, _fatal(error), about))


def _fatal(error: KafkaError) -> bool:
    # librdkafka reports a fatal error (a fenced member, say) as `_FATAL` around it, which itself is not marked.
    return error.fatal() or error.code() == KafkaError._FATAL
