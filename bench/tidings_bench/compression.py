"""What a compressed stream costs: CPU and bytes a frame, memory a stream; zlib's settings beside those in use."""

import gc
import json
import multiprocessing
import os
import time
import zlib
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import psutil
import typer
from rich.console import Console
from rich.table import Table
from tidings_gateway import frames
from tidings_gateway.transports.base import Payload, payload
from tidings_gateway.transports.gzip import GzipSink

_STREAMS = 300
#: zlib's level, log2 of its window, its memory level.
_SETTINGS = {"zlib's defaults": (6, 15, 8), "window 4 KiB": (6, 12, 5), "window 1 KiB": (6, 10, 2), "quick": (1, 11, 2)}


class _Nowhere:
    """Takes bytes and counts them."""

    size = 0

    def write(self, payload: Payload) -> bool:
        """As `Sink.write`."""
        self.size += len(payload.frames)
        return True


class _Deflate:
    """`GzipSink` with other settings of zlib."""

    def __init__(self, sink: _Nowhere, level: int, window: int, memory: int) -> None:
        self._sink = sink
        self._deflate = zlib.compressobj(level, zlib.DEFLATED, 16 + window, memory)

    def write(self, frames: Payload) -> bool:
        """As `Sink.write`."""
        packed = self._deflate.compress(frames.frames) + self._deflate.flush(zlib.Z_SYNC_FLUSH)
        return self._sink.write(payload(packed))


def main(count: int, as_json: bool) -> None:
    """Prints the figures of `count` frames of flights' delays for each way."""
    figures = {way: _apart(way, count) for way in ("plain", "in use", *_SETTINGS)}
    for found in figures.values():
        found["ratio"] = round(figures["plain"]["bytes_a_frame"] / found["bytes_a_frame"], 2)
    if as_json:
        typer.echo(json.dumps({"frames": count, "load_average": os.getloadavg(), "ways": figures}))
        return
    table = Table("way", *figures["plain"], title=f"{count:,} frames, each flushed for one stream")
    for name, found in figures.items():
        table.add_row(name, *(str(value) for value in found.values()))
    Console().print(table)


def frame(number: int) -> bytes:
    """The frame of a notification as the shipped rules write it, some 550 bytes."""
    flight, at = f"UA{number * 7 % 900}", datetime(2013, 1, 10, 6, tzinfo=UTC) + timedelta(seconds=37 * number)
    document: dict[str, Any] = {
        "id": f"{number * 0x9E3779B97F4A7C15 % 2**128:032x}",
        "user": f"passenger-{number % 100}",
        "rule": "flight-delayed",
        "kind": "flight.delayed",
        "topic": f"flight:{flight}",
        "title": f"{flight} to Chicago O'Hare is {number * 11 % 170} minutes late",
        "body": f"Now expected to leave Newark at {at + timedelta(hours=2):%H:%M}",
        "url": None,
        "priority": "high",
        "collapse_key": f"delay:{flight}",
        "locale": "en",
        "event_id": f"flight-{number}",
        "event_type": "tidings.flights.FlightDelayed",
        "event_time": at,
        "created_at": at + timedelta(milliseconds=number * 13 % 1000),
        "expires_at": None,
        "count": 1,
        "items": [],
    }
    cursor = f"v1.nre8wJNeAAMAAAAAA{number:05d}"
    return frames.encode(orjson.dumps(document).decode(), event="notification", id=cursor)


def _apart(way: str, count: int) -> dict[str, Any]:
    """In a process of its own: memory that another way has left behind would pass for none."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_measure, way, count).result()


def _sink(way: str, nowhere: _Nowhere) -> Any:
    if way == "plain":
        return nowhere
    return GzipSink(nowhere) if way == "in use" else _Deflate(nowhere, *_SETTINGS[way])


def _measure(way: str, count: int) -> dict[str, Any]:
    sample = [payload(frame(number)) for number in range(count)]
    gc.collect()
    process, nowhere = psutil.Process(), _Nowhere()
    before = process.memory_info().rss
    sinks = [_sink(way, _Nowhere()) for _ in range(_STREAMS)]
    for sink in sinks:
        sink.write(sample[0])
    memory = process.memory_info().rss - before
    sink, begin = _sink(way, nowhere), time.process_time()
    for one in sample:
        sink.write(one)
    used = time.process_time() - begin
    return {
        "us_a_frame": round(used / len(sample) * 1e6, 2),
        "bytes_a_frame": round(nowhere.size / len(sample), 1),
        "kb_a_stream": round(max(0, memory) / _STREAMS / 1024, 1),
    }
