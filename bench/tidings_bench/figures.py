"""Figures of a run: percentiles and how they are printed."""

from collections.abc import Sequence


def percentile(ordered: Sequence[float], share: float) -> float:
    """The nearest-rank percentile of an ascending sequence; nan when it is empty."""
    if not ordered:
        return float("nan")
    rank = max(0, min(len(ordered) - 1, int(share * len(ordered) + 0.999999) - 1))
    return ordered[rank]


def milliseconds(latencies_ns: Sequence[int]) -> dict[str, float]:
    """p50, p90, p99 and max in ms, to 0.1 ms."""
    ordered = sorted(latencies_ns)
    shares = {"p50_ms": 0.5, "p90_ms": 0.9, "p99_ms": 0.99, "max_ms": 1.0}
    return {name: round(percentile(ordered, share) / 1e6, 1) for name, share in shares.items()}
