"""What is done when: a seed decides it, and every nemesis gets its turn."""

from hypothesis import given
from hypothesis import strategies as st
from tidings_chaos.core.checker import HEALING_S
from tidings_chaos.nemeses.catalogue import NEMESES
from tidings_chaos.schedule import schedule

HOLDS = {name: nemesis.hold for name, nemesis in NEMESES.items()}


@given(seed=st.integers(0, 1 << 32), seconds=st.floats(1, 3600))
def test_a_seed_gives_the_same_schedule_within_its_time(seed: int, seconds: float) -> None:
    """The same again for the same seed; in order; nothing lasts beyond the end."""
    planned = schedule(seed, seconds, HOLDS)
    assert planned == schedule(seed, seconds, HOLDS)
    assert all(one.at + one.hold <= seconds + 0.01 for one in planned)
    assert [one.at for one in planned] == sorted(one.at for one in planned)
    assert all(HOLDS[one.nemesis][0] <= one.hold <= HOLDS[one.nemesis][1] for one in planned)


def test_in_half_an_hour_every_nemesis_strikes_several_times() -> None:
    """All in turn, in an order drawn anew for each turn."""
    planned = schedule(1, 1800, HOLDS)
    names = [one.nemesis for one in planned]
    assert all(names.count(name) >= 5 for name in HOLDS)
    size = len(HOLDS)
    assert sorted(names[:size]) == sorted(names[size : 2 * size]) == sorted(HOLDS)
    assert names[:size] != names[size : 2 * size]


def test_each_five_minutes_have_a_calm_in_which_all_must_be_seen() -> None:
    """Longer than what healing may take, amid the run; a short run has none, and as many strikes as before."""
    assert [one for one in schedule(1, 290, HOLDS) if one.calm] == []
    for minutes in (5, 12, 30):
        planned = schedule(1, minutes * 60, HOLDS)
        calm = [number for number, one in enumerate(planned) if one.calm]
        assert len(calm) == minutes // 5
        assert all(planned[number].at - planned[number - 1].at > HEALING_S for number in calm)
        assert calm[0] > 0
        assert planned[-1].at > planned[calm[-1]].at
