"""Clients that connect and are cut off, thousands of times: memory and descriptors must return to where they were."""

import socket
import struct
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from .cores import stay_on_client_core
from .ours import Gateway, Ours

_WARM_UP = 1_000  # until the allocator holds what it will hold
_USERS = 50
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close by a reset
_PATIENCE_S = 30.0


def run(count: int, say: Callable[[str], None]) -> dict[str, dict[str, Any]]:
    """What the gateway holds before and after `count` aborted connections."""
    stay_on_client_core()
    side = Ours()
    with tempfile.TemporaryDirectory(prefix="tidings-bench-") as name, side.start(Path(name), 0, False) as gateway:
        _abort(gateway, _WARM_UP)
        before = _settled(gateway)
        say(f"aborting {count:,} connections")
        _abort(gateway, count)
        after = _settled(gateway)
    return {
        side.name: {
            "aborted": count,
            "descriptors_before": before[0],
            "descriptors_after": after[0],
            "rss_mb_before": round(before[1] / 2**20, 1),
            "rss_mb_after": round(after[1] / 2**20, 1),
            "open_streams_after": after[2],
        }
    }


def _abort(gateway: Gateway, count: int) -> None:
    """A third at once after asking, a third once the head has come, a third when the stream is ready."""
    requests = [gateway.request(number) for number in range(_USERS)]
    for number in range(count):
        with socket.create_connection(("127.0.0.1", gateway.port), timeout=_PATIENCE_S) as client:
            client.sendall(requests[number % _USERS])
            wanted = (b"", b"\r\n\r\n", gateway.ready.encode())[number % 3]
            seen = b""
            while wanted not in seen:
                seen += client.recv(65536)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)


def _settled(gateway: Gateway) -> tuple[int, int, int]:
    """Descriptors, bytes and open streams, once the gateway has noticed that all have gone."""
    deadline = time.monotonic() + _PATIENCE_S
    while (still := _open_streams(gateway)) and time.monotonic() < deadline:
        time.sleep(0.1)
    time.sleep(1.0)
    usage = gateway.usage
    return usage.descriptors, usage.rss, still


def _open_streams(gateway: Gateway) -> int:
    return round(metric(gateway, "tidings_gateway_streams_open"))


def metric(gateway: Gateway, name: str) -> float:
    """A metric of the gateway, summed over its labels."""
    text = httpx.get(f"http://127.0.0.1:{gateway.port}/metrics").text
    lines = [line for line in text.splitlines() if line.startswith(name) and line[len(name)] in " {"]
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines)
