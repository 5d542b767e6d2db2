"""What a worker counts, for Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from .core.record import Step

_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)


class Metrics:
    """The metrics of one worker, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._records = Counter(
            "tidings_processors_records", "Records that a stage has dealt with.", ["stage"], registry=self.registry
        )
        self._outputs = Counter(
            "tidings_processors_outputs", "Records that a stage has written.", ["stage"], registry=self.registry
        )
        self._outcomes = Counter(
            "tidings_processors_outcomes",
            "Records that gave no output, by reason, and dead letters, by error class.",
            ["stage", "outcome"],
            registry=self.registry,
        )
        self._waits = Counter(
            "tidings_processors_waits",
            "Times a stage had to wait, by error class.",
            ["stage", "error"],
            registry=self.registry,
        )
        self._seconds = Histogram(
            "tidings_processors_step_seconds",
            "How long a stage works on what it takes at once.",
            ["stage"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._lag = Gauge(
            "tidings_processors_lag_records",
            "Records that are there and not dealt with.",
            ["topic", "partition"],
            registry=self.registry,
        )
        self._stages: dict[str, tuple[Counter, Counter, Histogram]] = {}  # `labels` is slow for what is called so often
        self.ready = Gauge("tidings_processors_ready", "1 while /readyz says yes.", registry=self.registry)

    def step(self, stage: str, step: Step, seconds: float) -> None:
        """A stage has taken a step."""
        found = self._stages.get(stage)
        if found is None:
            found = self._stages[stage] = (
                self._records.labels(stage),
                self._outputs.labels(stage),
                self._seconds.labels(stage),
            )
        records, outputs, duration = found
        records.inc(step.done)
        outputs.inc(len(step.outs))
        duration.observe(seconds)
        for outcome, count in step.counts.items():
            self._outcomes.labels(stage, outcome).inc(count)
        if step.waiting is not None:
            self._waits.labels(stage, type(step.waiting).__name__).inc()

    def lag(self, lags: dict[tuple[str, int], int]) -> None:
        """How far the partitions of this worker are behind; those of others are not its business."""
        self._lag.clear()
        for (topic, partition), lag in lags.items():
            self._lag.labels(topic, str(partition)).set(lag)
