"""What the gateway's work costs, measured as CPU time at several loads, and a line fitted through it."""

import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy

from tidings_bench.gateway.cores import stay_on_client_core
from tidings_bench.gateway.ours import Gateway, Ours
from tidings_bench.gateway.reader import Reader
from tidings_bench.gateway.scenarios import machine
from tidings_bench.gateway.targeted import Writer

_STREAMS = 2_000
_SECONDS = 3.0
_SETTLE_S = 1.0
_QUIET_S = 10.0
_BEAT_S = 1.0  # instead of 15 s, so that beats cost enough to be seen
_TIMES = (1, 10)  # users for each stream: who is not connected has records that are read and passed over
_RATES = (3_000, 9_000)


@dataclass(frozen=True)
class Point:
    """What was done, and the CPU seconds that it took."""

    seconds: float
    beats: float
    delivered: float
    read: float
    cpu: float


@dataclass(frozen=True)
class Costs:
    """CPU in µs, memory in bytes.

    Attributes:
        base_cpu, busy_cpu: the share of a core that an idle gateway takes, and on top of it one to which something
            comes all the time: being woken costs the same for one record and for a hundred.
        open_us: a stream that is opened, token and all. beat_us: a heartbeat to one stream.
        deliver_us: a notification to one stream, decoded and sent. read_us: a record, whoever it is for.
        worst: largest error of the line at a measured point, as a share of what was measured.
    """

    base_cpu: float
    busy_cpu: float
    base_bytes: int
    stream_bytes: int
    open_us: float
    beat_us: float
    deliver_us: float
    read_us: float
    worst: float


def run(say: Callable[[str], None]) -> dict[str, Any]:
    """Measures and fits: `costs`, the points behind them, and on which machine."""
    stay_on_client_core()
    side = Ours(TIDINGS_STREAM_HEARTBEAT=str(_BEAT_S))
    with tempfile.TemporaryDirectory(prefix="tidings-bench-") as folder, side.start(Path(folder), 0, False) as gateway:
        before, points = gateway.usage.rss, [_idle(gateway, 0)]
        cpu = gateway.usage.cpu
        requests = [gateway.request(number) for number in range(_STREAMS)]
        with Reader(gateway.port, requests, gateway.ready, Path(folder)) as reader:
            few, early = reader.until("ready", _STREAMS // 10).ready, gateway.usage.rss
            reader.until("ready", _STREAMS)
            opening, bytes_more = gateway.usage.cpu - cpu, gateway.usage.rss - early
            points.append(_idle(gateway, _STREAMS))
            for times in _TIMES:
                points += _under_load(gateway, reader, times, say)
    costs = fit(points, opening / _STREAMS, before, bytes_more // (_STREAMS - few))
    return {"machine": machine(), "costs": asdict(costs), "points": [asdict(point) for point in points]}


def fit(points: Sequence[Point], open_s: float, base_bytes: int, stream_bytes: int) -> Costs:
    """A line through the points, least in the squares of relative errors: a quiet second counts as a busy one does.

    `open_s`: CPU seconds that opening one stream took.
    """
    done = numpy.array(
        [
            [point.seconds, point.seconds * bool(point.read), point.beats, point.delivered, point.read]
            for point in points
        ]
    )
    cpu = numpy.array([point.cpu for point in points])
    found, *_ = numpy.linalg.lstsq(done / cpu[:, None], numpy.ones(len(cpu)), rcond=None)
    found = numpy.maximum(found, 0)
    worst = float(numpy.max(numpy.abs(done @ found - cpu) / cpu))
    base, busy, beat, deliver, read = (float(value) for value in found)
    return Costs(
        base_cpu=round(base, 4),
        busy_cpu=round(busy, 4),
        base_bytes=base_bytes,
        stream_bytes=stream_bytes,
        open_us=round(open_s * 1e6, 1),
        beat_us=round(beat * 1e6, 2),
        deliver_us=round(deliver * 1e6, 2),
        read_us=round(read * 1e6, 2),
        worst=round(worst, 3),
    )


def _idle(gateway: Gateway, streams: int) -> Point:
    time.sleep(_SETTLE_S)
    begin, cpu = time.monotonic(), gateway.usage.cpu
    time.sleep(_SECONDS)
    seconds = time.monotonic() - begin
    return Point(seconds, seconds * streams / _BEAT_S, 0, 0, gateway.usage.cpu - cpu)


def _under_load(gateway: Gateway, reader: Reader, times: int, say: Callable[[str], None]) -> list[Point]:
    writer, points = Writer(gateway, _STREAMS * times), []
    for rate in _RATES:
        reader.clear()
        writer.restart()
        begin, cpu = time.monotonic(), gateway.usage.cpu
        sent = writer.steadily(rate, _SECONDS)
        due = _due(sent, _STREAMS * times)
        delivered = reader.until("delivered", due, _QUIET_S, quiet=True).delivered
        seconds, used = time.monotonic() - begin, gateway.usage.cpu - cpu
        points.append(Point(seconds, seconds * _STREAMS / _BEAT_S, delivered, sent, used))
        say(f"{sent:,} records, {delivered:,} of {due:,} delivered in {seconds:.1f} s: {used:.2f} s of CPU")
    return points


def _due(sent: int, users: int) -> int:
    """Of `sent` records, to each of `users` in turn, so many are for those who are connected: the first of them."""
    rounds, rest = divmod(sent, users)
    return rounds * _STREAMS + min(rest, _STREAMS)
