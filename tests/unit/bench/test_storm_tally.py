"""What a storm counts."""

from tidings_bench.storm.live import bars
from tidings_bench.storm.tally import Tally

MS = 1_000_000


def test_what_is_missing_and_what_came_twice_are_told_apart() -> None:
    """Each event is due once on each stream of its user; one loss and one repetition do not cancel out."""
    tally = Tally()
    tally.published = {("ann", 1): 1, ("ann", 2): 1, ("bob", 3): 1, ("bob", 4): 1}
    for user, number in [("ann", 1), ("ann", 1), ("ann", 2), ("bob", 3), ("bob", 3)]:
        tally.came(user, number, 5 * MS)
    summary = tally.summary({"ann": 2, "bob": 1})
    assert (summary["lost"], summary["repeated"]) == (2, 1)
    assert summary["latency"]["p50_ms"] == 5.0


def test_what_others_publish_is_not_counted_as_ours() -> None:
    """A deployment in use has events of its own."""
    tally = Tally(published={("ann", 1): 1})
    tally.came("ann", 1, MS)
    tally.came("ann", 77, MS)
    summary = tally.summary({"ann": 1})
    assert (summary["lost"], summary["repeated"]) == (0, 0)


def test_each_row_tells_of_its_own_second() -> None:
    """Openings, ends and times of that second alone; how many are open is how it stands."""
    tally = Tally()
    tally.became_ready(10 * MS, None, resumed=False)
    tally.became_ready(20 * MS, None, resumed=False)
    first = tally.row(1.0)
    tally.ended(was_ready=True)
    tally.became_ready(99 * MS, 500 * MS, resumed=True)
    second = tally.row(2.0)
    assert (first.open, first.opened, first.closed, first.ready_p99_ms) == (2, 2, 0, 20.0)
    assert (second.open, second.opened, second.closed, second.ready_p99_ms) == (2, 1, 1, None)
    assert tally.summary({})["back"]["max_ms"] == 500.0


def test_a_connection_that_was_never_ready_was_never_open() -> None:
    """Else the number of open streams would drift below none."""
    tally = Tally()
    tally.ended(was_ready=False)
    assert (tally.open, tally.closed) == (0, 1)


def test_bars_show_the_last_minute_against_its_highest() -> None:
    """And nothing at all does not divide by nothing."""
    assert bars([0, 50, 100]) == " ▄█"
    assert bars([0, 0]) == "  "
    assert bars([]) == ""
    assert len(bars(list(range(500)))) == 60
