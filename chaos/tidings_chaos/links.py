"""The three links that can be broken: clients → gateways, gateways → Kafka, workers → Kafka.

By toxiproxy where it is there (Debian, or built by Go), else by a proxy of our own that knows fewer faults.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from .tcp_proxy import Proxy

CLIENTS, GATEWAYS, WORKERS = "clients", "gateways", "workers"
_LATENCY_S = 0.2


class NetFault(StrEnum):
    """What can be wrong with a link."""

    DOWN = "down"  # connections break, new ones are refused
    LATENCY = "latency"  # 200 ms each way
    BLACK_HOLE = "timeout"  # nothing comes through, and nobody is told
    RESET = "reset_peer"  # RST in the middle
    SLICER = "slicer"  # a few bytes at a time
    BANDWIDTH = "bandwidth"  # 20 KB/s


@dataclass(frozen=True, slots=True)
class Route:
    """One proxied port: what listens at `listen` leads to `target`. Several routes may make one link."""

    link: str
    listen: int
    target: int


class Links(Protocol):
    """All routes."""

    @property
    def faults(self) -> Sequence[NetFault]:
        """What it can do."""

    def open(self, routes: Sequence[Route]) -> None:
        """Begins to forward."""

    def spoil(self, link: str, fault: NetFault) -> None:
        """Breaks every route of a link."""

    def mend(self, link: str) -> None:
        """Lets it be whole again."""

    def close(self) -> None:
        """Ends all."""


class OwnLinks:
    """Links by our own proxy: cut and slow only."""

    faults = (NetFault.DOWN, NetFault.LATENCY)

    def __init__(self) -> None:
        self._proxies: dict[str, list[Proxy]] = {}

    def open(self, routes: Sequence[Route]) -> None:
        """See `Links.open`."""
        for route in routes:
            self._proxies.setdefault(route.link, []).append(Proxy("127.0.0.1", route.target, route.listen))

    def spoil(self, link: str, fault: NetFault) -> None:
        """See `Links.spoil`."""
        for proxy in self._proxies[link]:
            if fault is NetFault.DOWN:
                proxy.cut()
            else:
                proxy.delay = _LATENCY_S

    def mend(self, link: str) -> None:
        """See `Links.mend`."""
        for proxy in self._proxies[link]:
            proxy.mend()

    def close(self) -> None:
        """See `Links.close`."""
        for proxies in self._proxies.values():
            for proxy in proxies:
                proxy.close()


#: Toxics by fault: (type, attributes), as toxiproxy's HTTP API takes them. Each is set for both directions.
TOXICS: Mapping[NetFault, tuple[str, Mapping[str, int]]] = {
    NetFault.LATENCY: ("latency", {"latency": int(_LATENCY_S * 1000), "jitter": 50}),
    NetFault.BLACK_HOLE: ("timeout", {"timeout": 0}),
    NetFault.RESET: ("reset_peer", {"timeout": 100}),
    NetFault.SLICER: ("slicer", {"average_size": 64, "size_variation": 32, "delay": 500}),
    NetFault.BANDWIDTH: ("bandwidth", {"rate": 20}),
}
