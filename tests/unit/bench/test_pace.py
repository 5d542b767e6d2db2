"""How the benches make figures of what they saw."""

from tidings_bench.gauge import Reading, pace
from tidings_bench.processors import Load, warm
from tidings_bench.stages import shared_out


def _at(second: float, done: int, cpu: float = 0.0) -> Reading:
    return Reading(second, done, cpu, 100)


def test_a_pace_counts_what_was_written_between_two_looks() -> None:
    """Records by wall clock, cores kept busy, CPU a record."""
    found = pace(_at(10.0, 1000, 5.0), _at(12.0, 5000, 6.0))
    assert (found.records, found.per_second, found.cpu, found.cpu_us) == (4000, 2000, 0.5, 250.0)


def test_a_side_that_wrote_nothing_has_no_pace() -> None:
    """Not a division by zero."""
    assert pace(_at(1.0, 7), _at(2.0, 7)).per_second == 0


def test_what_a_side_did_before_it_was_warm_does_not_count() -> None:
    """Warm after the given time."""
    readings = [_at(0.0, 1), _at(5.0, 100), _at(7.0, 200), _at(9.0, 300)]
    assert warm(readings, Load(events=100_000, warm_up=6.0)) == readings[2]


def test_a_fast_side_is_warm_once_it_has_read_much() -> None:
    """Else it would be through before it is measured."""
    readings = [_at(0.0, 1), _at(1.0, 50_000), _at(2.0, 90_000)]
    assert warm(readings, Load(events=100_000, warm_up=6.0)) == readings[1]


def test_workers_are_waited_for_until_each_holds_its_share() -> None:
    """Neither one that holds all nor one that holds nothing yet will do."""
    assert shared_out([8, 8], workers=2, partitions=16)
    assert not shared_out([16], workers=2, partitions=16)
    assert not shared_out([16, 0], workers=2, partitions=16)
    assert not shared_out([8, 4], workers=2, partitions=16)
