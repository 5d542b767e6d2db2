"""When a dead worker is started again."""

from tidings_gateway.core.restarts import HEALTHY_AFTER_S, TOO_MANY, Life, delay, died


def test_the_first_death_is_mended_at_once() -> None:
    """Its connections wait, so there is no pause."""
    assert delay(died(Life(started=0.0), now=1.0)) == 0.0


def test_deaths_in_a_row_slow_down_and_then_end_it() -> None:
    """What dies every time is not started for ever: somebody must look at it."""
    life, pauses = Life(started=0.0), []
    for _ in range(TOO_MANY + 1):
        life = died(life, now=1.0)
        pauses.append(delay(life))
    assert pauses == [0.0, 1.0, 2.0, 4.0, 8.0, None]


def test_a_long_life_is_remembered_as_health() -> None:
    """A worker that ran for a minute starts with a clean sheet."""
    assert delay(died(Life(started=0.0, deaths=TOO_MANY), now=HEALTHY_AFTER_S)) == 0.0
