"""One notification to one of many users at a time: from Kafka, Avro decoded, JSON written.

How much: a backlog that becomes visible in one moment (it is written in one transaction), so that nothing that writes
it takes part. How soon: at a steady rate, from the moment at which each was due, once broker and writer are warm: a
broker that was just started is slow, and what queues up there meanwhile is not the gateway's. And of that, from when
the broker had it (appended.py).
"""

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from confluent_kafka import Producer
from tidings_schemas.partitioner import partition_of
from tidings_schemas.topics import NOTIFICATIONS

from .appended import ages, quantile, stamp_by_broker
from .broadcast import event, median
from .cores import stay_on_client_core
from .ours import Gateway, Ours, user
from .reader import Reader

_QUIET_S = 10.0
_SLICE_S = 0.001
_WARM_S = 3.0


@dataclass(frozen=True)
class Load:
    """How much: `backlog` notifications for `users`, then `rate` a second for `seconds`; all that `rounds` times."""

    users: int = 10_000
    backlog: int = 200_000
    rate: int = 20_000
    seconds: float = 5.0
    rounds: int = 3


class Writer:
    """Writes notifications far quicker than they are read.

    Args:
        gateway: whose namespace.
        users: how many there are.
    """

    def __init__(self, gateway: Gateway, users: int) -> None:
        settings = gateway.settings
        self._topic = settings.namespace.name(NOTIFICATIONS)
        self._config = settings.kafka(**{"linger.ms": 1, "queue.buffering.max.messages": 2_000_000})
        names = [user(number) for number in range(users)]
        self._users = [
            (name.encode(), partition_of(name, settings.partitions), gateway.template(name)) for name in names
        ]
        self._sent = 0
        self._steady = Producer(self._config)

    def backlog(self, count: int) -> None:
        """Writes `count` notifications, all of which become visible at once."""
        producer = Producer(self._config | {"transactional.id": self._topic, "linger.ms": 50})
        producer.init_transactions(30)
        producer.begin_transaction()
        for _ in range(count):
            self._produce(producer, time.time_ns())
        producer.commit_transaction(60)

    def steadily(self, rate: int, seconds: float, warm: bool = False) -> int:
        """Writes `rate` a second; returns how many. What is late keeps the time at which it was due.

        `warm`: with numbers that count nowhere.
        """
        producer, begin, done = self._steady, time.time_ns(), 0
        count = round(rate * seconds)
        while done < count:
            due = min(count, round((time.time_ns() - begin) / 1e9 * rate))
            for number in range(done, due):
                self._produce(producer, begin + round(number / rate * 1e9), warm)
            done = max(done, due)
            producer.poll(0)
            time.sleep(_SLICE_S)
        producer.flush(30)
        return count

    def restart(self) -> None:
        """Counts the events of each user from one again."""
        self._sent = 0

    def _produce(self, producer: Producer, due_ns: int, warm: bool = False) -> None:
        round_, number = divmod(self._sent, len(self._users))
        name, partition, template = self._users[number]
        self._sent += 1
        id = b"%016x%016x" % (due_ns, self._sent)
        value = template.value(id, event(0 if warm else round_ + 1, due_ns).encode())
        while True:
            try:
                producer.produce(self._topic, value, name, partition)
                return
            except BufferError:
                producer.poll(0.01)


def run(load: Load, sides: list[Ours], say: Callable[[str], None]) -> dict[str, dict[str, Any]]:
    """Medians by side."""
    stay_on_client_core()
    rounds: dict[str, list[dict[str, Any]]] = {side.name: [] for side in sides}
    for number in range(load.rounds):
        for side in sides:
            found = _round(load, side)
            say(f"targeted, round {number + 1}: {side.name} {found['per_second']:,}/s, p99 {found['p99_ms']} ms")
            rounds[side.name].append(found)
    return {name: median(found) for name, found in rounds.items()}


def _round(load: Load, side: Ours) -> dict[str, Any]:
    with (
        tempfile.TemporaryDirectory(prefix="tidings-bench-") as folder,
        side.start(Path(folder), load.users, follow=False) as gateway,
        Reader(
            gateway.port, map(gateway.request, range(load.users)), gateway.ready, Path(folder), arrivals=1
        ) as reader,
    ):
        stamp_by_broker(gateway.settings)
        reader.until("ready", load.users)
        writer, usage = Writer(gateway, load.users), gateway.usage
        cpu = usage.cpu
        writer.backlog(load.backlog)
        burst = reader.until("delivered", load.backlog, _QUIET_S, quiet=True)
        burst_cpu = usage.cpu - cpu
        reader.until("warm", writer.steadily(load.rate, _WARM_S, warm=True), _QUIET_S, quiet=True)
        reader.clear()
        writer.restart()
        cpu, begin_ms = usage.cpu, time.time_ns() // 1_000_000
        sent = writer.steadily(load.rate, load.seconds)
        steady = reader.until("delivered", sent, _QUIET_S, quiet=True)
        steady_cpu = usage.cpu - cpu
        seen = reader.finish()
        to_broker, to_client = ages(gateway.settings, reader.arrivals, begin_ms)
    return {
        "per_second": round(burst.delivered / burst.seconds),
        "per_cpu_second": round(burst.delivered / burst_cpu),
        "steady_per_second": round(steady.delivered / steady.seconds),
        "p50_ms": seen["p50_ms"],
        "p99_ms": seen["p99_ms"],
        "to_broker_p99_ms": quantile(to_broker, 0.99),
        "broker_to_client_p50_ms": quantile(to_client, 0.5),
        "broker_to_client_p99_ms": quantile(to_client, 0.99),
        "steady_cpu_share": round(steady_cpu / load.seconds, 2),
        "lost": load.backlog + sent - burst.delivered - steady.delivered,
        "repeated": burst.repeated + steady.repeated,
    }
