"""Prometheus metrics. No label ever names a user or a topic that users follow.

Counts that others keep as plain numbers are read when Prometheus asks, so that counting costs the hot path nothing.
"""

from collections.abc import Callable, Iterable, Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from .counters import Counters

disable_created_metrics()  # type: ignore[no-untyped-call]  # they double the number of series and tell nothing

_PREFIX = "tidings_gateway_"
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

_TOTALS = {
    "opened": "streams that were opened",
    "resumed": "streams that resumed from a cursor",
    "frames": "frames written to streams",
    "bytes": "bytes written to streams",
    "records": "records read from the source",
    "duplicates": "records left out because their notification id was seen before",
    "undecodable": "records passed over because they are not what their schema says",
    "rewinds": "reads of the source for resumes beyond memory",
}
_BY_REASON = {
    "closed": ("reason", "streams that ended"),
    "resets": ("reason", "resets sent to streams"),
    "slow": ("step", "steps taken with slow streams"),
}


class Metrics:
    """The metrics of one gateway, in a registry of its own, so that several may live in one process."""

    content_type = CONTENT_TYPE_LATEST

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.requests = Counter(
            _PREFIX + "http_requests", "answers by route", ["method", "route", "status"], registry=self._registry
        )
        self.request_seconds = Histogram(
            _PREFIX + "http_request_seconds",
            "time to answer, without streams and long polls",
            ["route"],
            buckets=_SECONDS,
            registry=self._registry,
        )
        self.refused = Counter(
            _PREFIX + "streams_refused",
            "streams refused for want of a token",
            ["status"],
            registry=self._registry,
        )
        self.arrival_seconds = Histogram(
            _PREFIX + "arrival_seconds",
            "age of the oldest record of each batch of notifications when it arrives from Kafka",
            buckets=_SECONDS,
            registry=self._registry,
        )
        self.events = Counter(_PREFIX + "events_published", "events taken over HTTP", registry=self._registry)

    def watch(self, counters: Counters, restoring: Callable[[], list[str]]) -> None:
        """From now on reads these when Prometheus asks."""
        self._registry.register(_Plain(counters, restoring))

    def text(self) -> bytes:
        """Everything in Prometheus' text format."""
        return generate_latest(self._registry)


class _Plain:
    """Turns plain numbers into metrics."""

    def __init__(self, counters: Counters, restoring: Callable[[], list[str]]) -> None:
        self._counters = counters
        self._restoring = restoring

    def collect(self) -> Iterable[Metric]:
        counters = self._counters
        yield GaugeMetricFamily(_PREFIX + "streams_open", "streams open now", counters.open)
        yield GaugeMetricFamily(_PREFIX + "views_restoring", "views not yet restored", len(self._restoring()))
        yield from _totals(counters)
        lag = GaugeMetricFamily(_PREFIX + "lag_records", "records behind the log's end", labels=["partition"])
        for partition, records in counters.lag.copy().items():
            lag.add_metric([str(partition)], records)
        yield lag


def _totals(counters: Counters) -> Iterator[Metric]:
    for name, text in _TOTALS.items():
        yield CounterMetricFamily(_PREFIX + name, text, getattr(counters, name))
    for name, (label, text) in _BY_REASON.items():
        family = CounterMetricFamily(_PREFIX + name, text, labels=[label])
        for value, count in getattr(counters, name).copy().items():
            family.add_metric([value], count)
        yield family
