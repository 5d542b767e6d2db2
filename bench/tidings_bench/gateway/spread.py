"""One notification to one of many users at a time: by one process, by two workers, by two shards, alternating.

Each record is one user's and is written by itself, so a process that is short of CPU cannot make it cheaper by merging,
as it can with broadcasts (scale.py). A backlog becomes visible in one moment; how long it takes says how much they
deliver.

Workers and shards read their own partitions only. A user's connection to any worker is passed on to the right one; to a
shard each user goes by itself. On two cores the readers of the streams and the broker need room too: with a share of a
core for each process, the clock tells what as many whole cores would, in proportion.
"""

import secrets
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from tidings_schemas.partitioner import partition_of

from tidings_bench.services import prepared

from .broadcast import median
from .cores import stay_on_client_core
from .ours import Gateway, Ours, user
from .reader import Control, Reader
from .targeted import Load, Writer

_QUIET_S = 5.0
_OPEN_S = 120.0


class Side:
    """A gateway of one process, of several workers, or of several shards.

    Args:
        native: with what C can do.
        processes: how many.
        share: of a core, for each; 0 = all of it.
        sharded: each is a gateway with partitions of its own.
    """

    def __init__(self, native: bool, processes: int, share: float, sharded: bool = False) -> None:
        self._shards = processes if sharded else 1
        self._ours = Ours(native, 1 if sharded else processes, share)
        self.name = f"{processes} shards" if sharded else f"{processes} worker{'s' if processes > 1 else ''}"

    @contextmanager
    def start(self, folder: Path) -> Iterator[list[Gateway]]:
        """One gateway, or that of each shard in their order."""
        with prepared() as settings, ExitStack() as stack:
            secret, gateways = secrets.token_hex(32), []
            for number in range(self._shards):
                place = folder / f"gateway-{number}"
                place.mkdir()
                env = {"TIDINGS_GATEWAY_SHARD": f"{number}/{self._shards}"} if self._shards > 1 else {}
                gateways.append(stack.enter_context(self._ours.serve(settings, place, secret, **env)))
            yield gateways


def run(load: Load, native: bool, share: float, say: Callable[[str], None]) -> dict[str, dict[str, Any]]:
    """Medians by side; those of several processes have their ratios to the one. `share`: see `Ours`."""
    stay_on_client_core()
    sides = [Side(native, 1, share), Side(native, 2, share), Side(native, 2, share, sharded=True)]
    rounds: dict[str, list[dict[str, Any]]] = {side.name: [] for side in sides}
    for number in range(load.rounds):
        for side in sides:
            found = _round(load, side)
            say(f"spread, round {number + 1}: {side.name} {found['per_second']:,}/s, CPU {found['cpu_us']} µs each")
            rounds[side.name].append(found)
    figures = {name: median(found) for name, found in rounds.items()}
    one, *more = figures.values()
    for several in more:
        several["ratio_by_the_clock"] = round(several["per_second"] / one["per_second"], 2)
        several["ratio_by_cpu_time"] = round(2 * one["cpu_us"] / several["cpu_us"], 2)
    return figures


def _round(load: Load, side: Side) -> dict[str, Any]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tidings-bench-")))
        gateways = stack.enter_context(side.start(folder))
        readers = [stack.enter_context(reader) for reader in _readers(gateways, folder, load.users)]
        for reader in readers:
            reader.until("ready", reader.count, _OPEN_S)
        writer, before = Writer(gateways[0], load.users), _cpu(gateways)
        writer.backlog(load.backlog)
        seen = _until(readers, load.backlog)
        used = _cpu(gateways) - before
        for reader in readers:
            reader.finish()
    delivered = sum(one.delivered for one in seen)
    first, last = min(one.first_ns for one in seen), max(one.last_ns for one in seen)
    return {
        "per_second": round(delivered / (last - first) * 1e9),
        "cpu_us": round(used / delivered * 1e6, 1),
        "lost": load.backlog - delivered,
        "repeated": sum(one.repeated for one in seen),
    }


def _readers(gateways: Sequence[Gateway], folder: Path, users: int) -> list["_Counting"]:
    """One for each gateway, with the users whose partition is there."""
    made: list[_Counting] = []
    for number, gateway in enumerate(gateways):
        theirs = [at for at in range(users) if _home(at, gateway) % len(gateways) == number]
        place = folder / f"reader-{number}"
        place.mkdir()
        made.append(_Counting(gateway, theirs, place))
    return made


def _home(number: int, gateway: Gateway) -> int:
    return partition_of(user(number), gateway.settings.partitions)


class _Counting(Reader):
    """A reader that knows how many streams it has."""

    def __init__(self, gateway: Gateway, users: Sequence[int], folder: Path) -> None:
        super().__init__(gateway.port, map(gateway.request, users), gateway.ready, folder)
        self.count = len(users)


def _until(readers: Sequence[Reader], count: int) -> list[Control]:
    """Waits until all together have so many, or get no more."""
    seen, deadline = -1, 0.0
    while (now := sum(reader.control.delivered for reader in readers)) < count:
        if now > seen:
            seen, deadline = now, time.monotonic() + _QUIET_S
        if time.monotonic() > deadline:
            break
        time.sleep(0.005)
    return [reader.control for reader in readers]


def _cpu(gateways: Sequence[Gateway]) -> float:
    return sum(gateway.usage.cpu for gateway in gateways)
