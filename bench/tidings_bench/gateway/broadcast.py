"""One event for all streams, again and again: ours beside its peers, alternating.

How much: a few events are on their way at any time; the next is published when the oldest has reached every stream. So
each side runs as fast as it can, and none is flooded. How soon: at a steady rate that all sides can hold, from the
moment at which each event was due.
"""

import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .cores import stay_on_client_core
from .reader import Reader, Stuck, mark
from .side import Running, Side, Unusable

_WARM_UP = 3
_QUIET_S = 5.0
_STEADY = 10_000  # deliveries a second, while latency is measured


@dataclass(frozen=True)
class Load:
    """How much: `streams` clients, `seconds` a round, `in_flight` events on their way, `rounds` for each side."""

    streams: int = 1_000
    seconds: float = 5.0
    in_flight: int = 4
    rounds: int = 3


def run(load: Load, sides: Sequence[Side], say: Callable[[str], None]) -> dict[str, Any]:
    """Medians by side. `say` is told what goes on."""
    stay_on_client_core()
    rounds: dict[str, list[dict[str, Any]]] = {side.name: [] for side in sides}
    for number in range(load.rounds):
        for side in sides:
            where = f"broadcast to {load.streams}, round {number + 1}: {side.name}"
            try:
                found = _round(load, side)
            except (Stuck, Unusable) as error:  # a side that cannot do it is told, and the others go on
                say(f"{where} cannot: {error}")
                continue
            say(f"{where} {found['per_second']:,} events/s")
            rounds[side.name].append(found)
    return {name: median(found) for name, found in rounds.items() if found}


def median(rounds: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Of each figure the median; `lost` and `repeated` are summed, since one is too many."""
    middle = {name: statistics.median(found[name] for found in rounds) for name in rounds[0]}
    return middle | {name: sum(found[name] for found in rounds) for name in ("lost", "repeated")}


def _round(load: Load, side: Side) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="tidings-bench-") as name, side.run(Path(name), load.streams) as running:
        usage, before = running.usage, running.usage.rss
        requests = map(running.request, range(load.streams))
        with Reader(running.port, requests, running.ready, Path(name)) as reader:
            reader.until("ready", load.streams)
            for _ in range(_WARM_UP):
                running.publish(event(0, time.time_ns()))
            reader.until("warm", _WARM_UP * load.streams)
            cpu = usage.cpu
            sent = _flat_out(load, running, reader)
            full = reader.until("delivered", sent * load.streams, _QUIET_S, quiet=True)
            cpu, rss = usage.cpu - cpu, usage.rss
            reader.clear()
            soon = _steadily(load, running)
            steady = reader.until("delivered", soon * load.streams, _QUIET_S, quiet=True)
            seen = reader.finish()
    return {
        "per_second": round(full.delivered / full.seconds),
        "per_cpu_second": round(full.delivered / cpu),
        "p50_ms": seen["p50_ms"],
        "p99_ms": seen["p99_ms"],
        "lost": (sent + soon) * load.streams - full.delivered - steady.delivered,
        "repeated": full.repeated + steady.repeated,
        "kb_per_stream": round((rss - before) / load.streams / 1024, 1),
        "opened_per_second": round(load.streams / seen["open_s"]),
    }


def _steadily(load: Load, running: Running) -> int:
    """Returns how many events were published. What is late keeps the moment at which it was due."""
    begin, rate = time.time_ns(), _STEADY / load.streams
    count = max(1, round(load.seconds * rate))
    for number in range(count):
        due = begin + round(number / rate * 1e9)
        time.sleep(max(0.0, (due - time.time_ns()) / 1e9))
        running.publish(event(number + 1, due))
    return count


def _flat_out(load: Load, running: Running, reader: Reader) -> int:
    """Returns how many events were published."""
    sent, end = 0, time.monotonic() + load.seconds
    while time.monotonic() < end:
        if reader.control.delivered < (sent - load.in_flight + 1) * load.streams:
            time.sleep(0.0001)
            continue
        sent += 1
        running.publish(event(sent, time.time_ns()))
    return sent


def event(number: int, due_ns: int) -> str:
    """100 bytes, countable; see `mark`."""
    return mark(number, due_ns).ljust(100, ".")
