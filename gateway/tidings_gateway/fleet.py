"""The workers of one gateway, as one of them sees the others: one port, so whoever is asked must speak for all."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import httpx
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.parser import text_string_to_metric_families

from .handover import Doors

_PATIENCE_S = 2.0
_UP = "tidings_gateway_worker_up"


@dataclass(frozen=True, slots=True)
class Fleet:
    """Where each worker can be asked alone.

    Attributes:
        number: which of them this is.
        ports: of each worker, on 127.0.0.1.
        doors: through which they pass connections on; None: they do not, so each serves everybody.
    """

    number: int
    ports: Sequence[int]
    doors: Doors | None = None

    @property
    def sharing(self) -> int:
        """How many workers share out the partitions."""
        return 1 if self.doors is None else len(self.ports)

    async def ask_others(self, path: str) -> dict[int, httpx.Response | None]:
        """The other workers' answers to `GET path`; None: no answer within two seconds."""
        others = [number for number in range(len(self.ports)) if number != self.number]
        async with httpx.AsyncClient(timeout=_PATIENCE_S, verify=False, trust_env=False) as http:
            answers = await asyncio.gather(*(self._ask(http, number, path) for number in others))
        return dict(zip(others, answers, strict=True))

    async def _ask(self, http: httpx.AsyncClient, number: int, path: str) -> httpx.Response | None:
        try:
            return await http.get(f"http://127.0.0.1:{self.ports[number]}{path}", params={"worker": number})
        except httpx.HTTPError:
            return None


def merged(texts: Mapping[int, str | None]) -> bytes:
    """Metrics of several workers as one text: each series with a label `worker`, and which of them answered."""
    registry = CollectorRegistry()
    registry.register(_Merged(texts))
    return generate_latest(registry)


class _Merged:
    def __init__(self, texts: Mapping[int, str | None]) -> None:
        self._texts = texts

    def collect(self) -> Iterable[Metric]:
        families: dict[str, Metric] = {}
        up = GaugeMetricFamily(_UP, "whether the worker answered", labels=["worker"])
        for number, text in sorted(self._texts.items()):
            up.add_metric([str(number)], text is not None)
            for found in _labelled(text or "", number):
                family = families.setdefault(found.name, found)
                if family is not found:
                    family.samples.extend(found.samples)
        return [up, *families.values()]


def _labelled(text: str, number: int) -> Iterator[Metric]:
    for family in text_string_to_metric_families(text):
        family.samples = [s._replace(labels=s.labels | {"worker": str(number)}) for s in family.samples]
        yield family
