"""Clients that freeze beside healthy ones: what the healthy ones notice, and what the frozen ones cost.

Everybody is sent the same. The clock counts once the frozen ones' buffers are full; the same is measured with the
healthy ones alone, alternating.
"""

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .broadcast import event, median
from .cores import stay_on_client_core
from .ours import Ours
from .reader import Reader
from .side import Running

_QUIET_S = 5.0
_FILL_S = 5.0  # at 100 events/s, 600 bytes each: twice what a frozen client's buffers hold


@dataclass(frozen=True)
class Load:
    """`healthy` and `frozen` clients, `rate` events a second to all, for `seconds` a round."""

    healthy: int = 200
    frozen: int = 200
    rate: int = 100
    seconds: float = 5.0
    rounds: int = 3


def run(load: Load, sides: list[Ours], say: Callable[[str], None]) -> dict[str, dict[str, Any]]:
    """Medians by side; `p99_ratio` is the frozen company's p99 to that without it."""
    stay_on_client_core()
    found: dict[str, dict[str, Any]] = {}
    for side in sides:
        alone, beside = [], []
        for number in range(load.rounds):
            alone.append(_round(load, side, 0))
            beside.append(_round(load, side, load.frozen))
            say(f"slow, round {number + 1}: {side.name} p99 {alone[-1]['p99_ms']} → {beside[-1]['p99_ms']} ms")
        without, with_ = median(alone), median(beside)
        found[side.name] = {
            "p99_ms_alone": without["p99_ms"],
            "p99_ms": with_["p99_ms"],
            "p99_ratio": round(with_["p99_ms"] / without["p99_ms"], 2),
            "memory_mb_alone": without["memory_mb"],
            "memory_mb": with_["memory_mb"],
            "lost": without["lost"] + with_["lost"],
            "repeated": without["repeated"] + with_["repeated"],
        }
    return found


def _round(load: Load, side: Ours, frozen: int) -> dict[str, Any]:
    count = load.healthy + frozen
    with (
        tempfile.TemporaryDirectory(prefix="tidings-bench-") as name,
        side.start(Path(name), count) as gateway,
        Reader(gateway.port, map(gateway.request, range(count)), gateway.ready, Path(name), frozen=frozen) as reader,
    ):
        reader.until("ready", count)
        usage = gateway.usage
        before = usage.rss
        _publish(load, gateway, _FILL_S, reader)
        reader.clear()
        sent = _publish(load, gateway, load.seconds, reader)
        control, after = reader.control, usage.rss
        seen = reader.finish()
    return {
        "p99_ms": seen["p99_ms"],
        "memory_mb": round((after - before) / 2**20, 1),
        "lost": sent * load.healthy - control.delivered,
        "repeated": control.repeated,
    }


def _publish(load: Load, running: Running, seconds: float, reader: Reader) -> int:
    """At a steady rate; returns how many, when the healthy ones have all."""
    begin = time.time_ns()
    count = round(load.rate * seconds)
    for number in range(count):
        due = begin + round(number / load.rate * 1e9)
        time.sleep(max(0.0, (due - time.time_ns()) / 1e9))
        running.publish(event(number + 1, due))
    reader.until("delivered", count * load.healthy, _QUIET_S, quiet=True)
    return count
