"""Which child is started again, when, and what is said."""

from hypothesis import given
from hypothesis import strategies as st
from tidings.local import restarts
from tidings.local.restarts import Life, Verdict


def ended(code: int, life: Life, now: float, finite: bool = False) -> Verdict:
    return restarts.after_exit("gateway", f"exit code {code}", code, life, now, finite, "/l/gateway.log")


def test_first_end_is_mended_after_a_second() -> None:
    """The sentence says what ended, how, when it starts again, and where its log is."""
    verdict = ended(1, Life(started=0), now=5)
    assert verdict.delay == 1
    assert verdict.sentence == (
        "gateway ended unexpectedly (exit code 1); starting it again in 1 s (log: /l/gateway.log)."
    )


def test_ends_in_a_row_wait_longer() -> None:
    """1, 2, 4, … and never more than half a minute."""
    life, delays = Life(started=0), []
    for _ in range(7):
        verdict = ended(1, life, now=1)
        life = verdict.life.restarted(now=1)
        delays.append(verdict.delay)
    assert delays == [1, 2, 4, 8, 16, 30, 30]


def test_a_long_life_forgives() -> None:
    """After a minute of health the next end counts as the first."""
    assert ended(1, Life(started=0, failures=6), now=restarts.HEALTHY_AFTER_S).delay == 1


def test_code_75_is_a_wish() -> None:
    """A child that asks is started again at once, and after a pause if it keeps asking."""
    first = ended(75, Life(started=0), now=1)
    assert first.delay == 0
    assert "asked to be started again; starting it again now" in first.sentence
    assert ended(75, first.life.restarted(now=1), now=2).delay == 2


def test_a_source_may_come_to_its_end() -> None:
    """A finite child with code 0 is left alone; with another code it is started again."""
    assert ended(0, Life(started=0), now=1, finite=True).delay is None
    assert ended(0, Life(started=0), now=1, finite=False).delay == 1
    assert ended(2, Life(started=0), now=1, finite=True).delay == 1


@given(st.integers(min_value=1, max_value=10_000))
def test_backoff_is_bounded(failures: int) -> None:
    """However long the row, the wait stays between one second and half a minute."""
    assert 1 <= restarts.backoff(failures) <= 30
