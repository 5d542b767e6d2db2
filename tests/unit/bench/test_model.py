"""The model: held against sums that one can do by hand."""

from dataclasses import replace

import pytest
from tidings_bench.model.arithmetic import fleet, out_bits
from tidings_bench.model.costs import Assumed, Load, Measured
from tidings_bench.model.measure import Point, fit
from tidings_bench.model.recovery import recover
from tidings_bench.model.report import measured_of, stored, with_gzip

MEASURED = Measured(
    base_bytes=100_000_000,
    stream_bytes=10_000,
    open_us=500.0,
    beat_us=10.0,
    deliver_us=20.0,
    read_us=5.0,
    stages_us=100.0,
)
LOAD = Load(users=1_000_000, rate=100_000, heartbeat=10.0, frame=500, record=400)
ASSUMED = Assumed(cores=10, memory=100e9, network=10e9, busy=0.5, replicas=3)


def test_cpu_is_the_sum_of_its_parts() -> None:
    """2 cores for 100,000 × 20 µs, 1.5 for three readers of 100,000 × 5 µs, 1 for as many beats × 10 µs."""
    gateways = fleet(LOAD, MEASURED, ASSUMED).gateways
    assert gateways.parts == pytest.approx({"deliveries": 2.0, "reading Kafka": 1.5, "heartbeats": 1.0})
    assert gateways.cpu == pytest.approx(0.9)


def test_being_woken_takes_its_share_of_what_may_be_busy() -> None:
    """With a tenth of a core for that, four tenths of each are left for the work."""
    gateways = fleet(LOAD, replace(MEASURED, busy_cpu=0.1), ASSUMED).gateways
    assert gateways.cpu == pytest.approx(4.5 / 4)


def test_memory_is_streams_and_tails_in_what_a_machine_leaves() -> None:
    """A million streams of 14 KB and 20 partitions × 3 × 32 MiB, in 80 GB less ten workers of 100 MB."""
    gateways = fleet(LOAD, MEASURED, ASSUMED).gateways
    assert gateways.memory == pytest.approx((1e6 * 14_000 + 20 * 3 * 32 * 1024**2) / 79e9)


def test_network_counts_every_header() -> None:
    """Frames of 500 + 124 bytes and beats of 60 + 124 bytes, eight bits each."""
    assert out_bits(LOAD, ASSUMED) == 8 * (100_000 * 624 + 100_000 * 184)


def test_partitions_follow_from_what_one_core_works_off() -> None:
    """100 µs an event: 10,000 a second on a core that is half busy at most, so 5,000 a partition."""
    found = fleet(LOAD, MEASURED, ASSUMED)
    assert found.kafka.partitions == 20
    assert found.processor_cores == pytest.approx(20)


@pytest.mark.parametrize(
    ("change", "first"),
    [({}, "CPU"), ({"memory": 2e9}, "memory"), ({"network": 0.1e9}, "network")],
)
def test_what_gives_first_is_what_asks_for_most(change: dict[str, float], first: str) -> None:
    """And as many machines are bought as it asks for."""
    gateways = fleet(LOAD, MEASURED, replace(ASSUMED, **change)).gateways
    assert gateways.first == first
    assert gateways.machines >= max(gateways.cpu, gateways.memory, gateways.network) > gateways.machines - 1


def test_twice_the_load_needs_twice_the_machines() -> None:
    """Nothing in it grows faster than the load, as long as streams and rate grow together."""
    one = fleet(LOAD, MEASURED, ASSUMED).gateways
    two = fleet(replace(LOAD, users=2 * LOAD.users, rate=2 * LOAD.rate), MEASURED, ASSUMED).gateways
    assert (two.cpu, two.network) == pytest.approx((2 * one.cpu, 2 * one.network))


def test_gzip_trades_cpu_and_memory_for_bytes() -> None:
    """A seventh of the frames' bytes; nothing else gets cheaper."""
    plain, packed = fleet(LOAD, MEASURED, ASSUMED).gateways, fleet(*with_gzip(LOAD, MEASURED), ASSUMED).gateways
    assert packed.out_bits < plain.out_bits
    assert packed.cpu > plain.cpu
    assert packed.memory > plain.memory


def test_clients_come_back_no_sooner_than_they_were_told() -> None:
    """Reconnection times lie between 1.5 and 4.5 s: with room for all at once, half are back in the middle of it."""
    found = recover(cut=1_000, openings=1e9)
    assert (found.half, found.all) == pytest.approx((3.0, 4.5), abs=0.15)
    assert found.back == sorted(found.back)


def test_too_little_cpu_makes_the_way_back_longer() -> None:
    """1,000 streams at 100 a second take ten seconds from the first on; with no CPU left they never come."""
    assert recover(cut=1_000, openings=100).all == pytest.approx(11.5, abs=0.3)
    assert recover(cut=1_000, openings=0).all == float("inf")


def test_the_line_finds_the_costs_that_made_the_points() -> None:
    """Points made of known costs are taken apart into them again."""
    loads = [(0, 0, 0), (2000, 0, 0), (2000, 2000, 2000), (2000, 5000, 5000), (2000, 500, 10_000), (2000, 100, 2000)]
    points = [Point(4.0, b, d, r, 4 * 0.01 + 4 * 0.2 * (r > 0) + b * 8e-6 + d * 30e-6 + r * 4e-6) for b, d, r in loads]
    costs = fit(points, open_s=0.0004, base_bytes=1, stream_bytes=2)
    assert (costs.base_cpu, costs.busy_cpu) == pytest.approx((0.01, 0.2), rel=0.01)
    assert (costs.beat_us, costs.deliver_us, costs.read_us) == pytest.approx((8, 30, 4), rel=0.01)
    assert costs.open_us == 400
    assert costs.worst == 0


def test_what_is_stored_was_measured() -> None:
    """Every cost is there, positive, and says on which machine."""
    found = stored()
    measured = measured_of(found)
    assert min(measured.open_us, measured.beat_us, measured.deliver_us, measured.read_us, measured.stages_us) > 0
    assert {"cores", "kernel", "load_average", "at"} <= found["machine"].keys()
