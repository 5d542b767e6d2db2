"""A gateway is killed and started again; thousands of clients come back by their cursors, and nothing is missing."""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .aborts import metric
from .broadcast import median
from .cores import stay_on_client_core
from .ours import Ours
from .reader import Reader
from .targeted import Writer

_BEFORE, _MEANWHILE, _AFTER = 2, 3, 1  # notifications for each client
_QUIET_S = 10.0
_PATIENCE_S = 120.0


def run(streams: int, rounds: int, say: Callable[[str], None]) -> dict[str, dict[str, Any]]:
    """Medians."""
    stay_on_client_core()
    side, found = Ours(), []
    for number in range(rounds):
        found.append(_round(streams, side))
        say(f"resume, round {number + 1}: all back {found[-1]['all_back_s']} s after the gateway listened again")
    return {side.name: median(found)}


def _round(streams: int, side: Ours) -> dict[str, Any]:
    with (
        tempfile.TemporaryDirectory(prefix="tidings-bench-") as name,
        side.start(Path(name), streams, False) as gateway,
        Reader(gateway.port, map(gateway.request, range(streams)), gateway.ready, Path(name), resume=1) as reader,
    ):
        reader.until("ready", streams, _PATIENCE_S)
        writer = Writer(gateway, streams)
        writer.backlog(_BEFORE * streams)
        reader.until("delivered", _BEFORE * streams, _QUIET_S, quiet=True)
        before = reader.control
        reader.clear()
        gateway.server.stop(0.0)
        reader.until("closed", streams, _PATIENCE_S)
        writer.backlog(_MEANWHILE * streams)
        gateway.server.start()
        reader.until("connected", 1, _PATIENCE_S)
        listening = time.time_ns()
        reader.until("ready", streams, _PATIENCE_S)
        all_back = (reader.control.opened_ns - listening) / 1e9
        writer.backlog(_AFTER * streams)
        control = reader.until("delivered", (_MEANWHILE + _AFTER) * streams, _QUIET_S, quiet=True)
        reads = metric(gateway, "tidings_gateway_rewinds_total")
        seen = reader.finish()
    return {
        "all_back_s": round(all_back, 2),
        "first_frame_p50_ms": seen["first_p50_ms"],
        "first_frame_p99_ms": seen["first_p99_ms"],
        "kafka_reads_for_resumes": round(reads),
        "lost": (_BEFORE + _MEANWHILE + _AFTER) * streams - before.delivered - control.delivered,
        "repeated": before.repeated + control.repeated,
    }
