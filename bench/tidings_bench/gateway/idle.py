"""Many streams that are only open, a JWT each: how quickly they open, and what one costs."""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .broadcast import median
from .cores import stay_on_client_core
from .ours import Ours
from .reader import Reader

_SETTLE_S = 3.0


def run(streams: int, rounds: int, say: Callable[[str], None]) -> dict[str, dict[str, Any]]:
    """Medians."""
    stay_on_client_core()
    side, found = Ours(), []
    for number in range(rounds):
        found.append(_round(streams, side))
        say(f"idle, round {number + 1}: {found[-1]['opened_per_second']:,} opened/s")
    return {side.name: median(found)}


def _round(streams: int, side: Ours) -> dict[str, Any]:
    with (
        tempfile.TemporaryDirectory(prefix="tidings-bench-") as name,
        side.start(Path(name), streams, False) as gateway,
    ):
        usage, requests = gateway.usage, [gateway.request(number) for number in range(streams)]
        cpu = usage.cpu
        with Reader(gateway.port, requests, gateway.ready, Path(name)) as reader:
            few = reader.until("ready", streams // 10).ready
            early = usage.rss
            reader.until("ready", streams)
            used = usage.cpu - cpu
            time.sleep(_SETTLE_S)
            late, idle_cpu = usage.rss, usage.cpu
            time.sleep(_SETTLE_S)
            idle_cpu = usage.cpu - idle_cpu
            seen, control = reader.finish(), reader.control
    return {
        "opened_per_second": round(streams / seen["open_s"]),
        "cpu_us_per_open": round(1e6 * used / streams),
        "first_frame_p99_ms": seen["first_p99_ms"],
        "kb_per_stream": round((late - early) / (streams - few) / 1024, 2),
        "cpu_share_while_idle": round(idle_cpu / _SETTLE_S, 3),
        "lost": control.failed,
        "repeated": 0,
    }
