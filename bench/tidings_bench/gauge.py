"""How fast a process gets on, told from outside: the growth of the topic that it writes, its CPU time and memory."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import psutil
from confluent_kafka import Consumer, TopicPartition
from tidings_schemas.settings import Settings

_LOOK_S = 0.05
_MB = 1024 * 1024


class Ends:
    """How many records a topic holds."""

    def __init__(self, settings: Settings, topic: str) -> None:
        self._consumer = Consumer(settings.kafka(**{"group.id": "unused", "fetch.wait.max.ms": 10}))
        self._partitions = [TopicPartition(settings.namespace.name(topic), p) for p in range(settings.partitions)]

    def by_partition(self) -> list[int]:
        """The end offset of each partition, asked of the broker."""
        return [self._consumer.get_watermark_offsets(one, timeout=20)[1] for one in self._partitions]

    def total(self) -> int:
        """Their sum."""
        return sum(self.by_partition())

    def close(self) -> None:
        """Leaves."""
        self._consumer.close()


class Reading(NamedTuple):
    """A look at a process: seconds, records out so far, CPU seconds so far (all threads), MB of memory."""

    at: float
    done: int
    cpu: float
    rss_mb: int


@dataclass(frozen=True)
class Pace:
    """What a process did between two looks.

    Attributes:
        records: how many it wrote. per_second: by wall clock.
        cpu: cores that it kept busy. cpu_us: µs of CPU for each record.
    """

    records: int
    per_second: int
    cpu: float
    cpu_us: float
    rss_mb: int


def pace(first: Reading, last: Reading) -> Pace:
    """The pace between two readings; zeros when nothing was written."""
    seconds, records, cpu = last.at - first.at, last.done - first.done, last.cpu - first.cpu
    if not records or seconds <= 0:
        return Pace(0, 0, 0.0, 0.0, last.rss_mb)
    return Pace(records, round(records / seconds), round(cpu / seconds, 2), round(cpu / records * 1e6, 1), last.rss_mb)


class Stalled(Exception):
    """The process wrote nothing more, or ended; the text says what it had done."""


def look(processes: Sequence[psutil.Process], done: int) -> Reading:
    """Now.

    Raises:
        Stalled: a process has ended.
    """
    try:
        times = [process.cpu_times() for process in processes]
        memory = sum(process.memory_info().rss for process in processes)
    except psutil.NoSuchProcess as gone:
        raise Stalled(f"it ended after {done:,} records") from gone
    return Reading(time.monotonic(), done, sum(one.user + one.system for one in times), memory // _MB)


def watch(
    processes: Sequence[psutil.Process], ends: Ends, base: int, until: int, seconds: float, patience: float = 60.0
) -> list[Reading]:
    """Looks at them from their first record on until `until` records are out or `seconds` have passed.

    Args:
        base: records that the topic held before.
        patience: seconds without a new record after which it counts as stalled.

    Raises:
        Stalled: nothing new for so long, or a process ended.
    """
    readings = [look(processes, 0)]
    moved = time.monotonic()
    while True:
        time.sleep(_LOOK_S)
        now = look(processes, ends.total() - base)
        if now.done > readings[-1].done:
            moved = now.at
            readings = [*readings, now] if readings[-1].done else [now]
        elif now.at - moved > patience:
            raise Stalled(f"nothing new for {patience:.0f} s after {now.done:,} records")
        if now.done >= until or (now.done and now.at - readings[0].at > seconds):
            return readings
