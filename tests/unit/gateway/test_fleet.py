"""Metrics of several workers as one answer."""

from tidings_gateway.counters import Counters
from tidings_gateway.fleet import merged
from tidings_gateway.metrics import Metrics


def text(opened: int) -> str:
    """What one worker says of itself."""
    metrics, counters = Metrics(), Counters(opened=opened)
    counters.closed["drain"] = 2
    metrics.watch(counters, lambda: [])
    return metrics.text().decode()


def test_each_series_names_its_worker_and_each_name_is_described_once() -> None:
    """As Prometheus wants it: one block a name, and no two series alike."""
    lines = merged({0: text(3), 1: text(5)}).decode().splitlines()
    assert 'tidings_gateway_opened_total{worker="0"} 3.0' in lines
    assert 'tidings_gateway_opened_total{worker="1"} 5.0' in lines
    assert 'tidings_gateway_closed_total{reason="drain",worker="1"} 2.0' in lines
    described = [line for line in lines if line.startswith("# TYPE")]
    assert len(described) == len(set(described))
    named = [line.rsplit(" ", 1)[0] for line in lines if not line.startswith("#")]
    assert len(named) == len(set(named))


def test_a_worker_that_does_not_answer_is_said_to_be_down() -> None:
    """Silence must show, or half of the figures would pass for all."""
    lines = merged({0: text(1), 1: None}).decode().splitlines()
    assert 'tidings_gateway_worker_up{worker="0"} 1.0' in lines
    assert 'tidings_gateway_worker_up{worker="1"} 0.0' in lines
