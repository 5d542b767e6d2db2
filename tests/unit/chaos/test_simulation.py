"""The cores together, on a virtual clock: some hundred schedules are clean, and each seeded bug is found.

`tidings chaos simulate` runs thousands.
"""

import pytest
from tidings_chaos.core.history import Framed, Logged
from tidings_chaos.sim.bugs import BUGS
from tidings_chaos.sim.many import many, one, some

_SCHEDULES = 60
_BUG_SCHEDULES = 40
_MOST_BUG_SCHEDULES = 1000


def test_some_hundred_schedules_are_clean_and_full_of_trouble() -> None:
    """Nothing is violated, though workers replayed and clients came back, of whom not a few were reset."""
    found = some(0, _SCHEDULES)
    assert found.failures == {}
    assert found.figures["seen"] > 10 * _SCHEDULES
    assert found.figures["repeats_in_the_log"] > 10
    assert found.figures["connections"] > 5 * _SCHEDULES
    assert found.figures["resets"] > _SCHEDULES // 10


@pytest.mark.parametrize("bug", BUGS)
def test_each_seeded_bug_turns_it_red(bug: str) -> None:
    """A wrong collaborator is found, most of them at once, and the invariant that it breaks is named."""
    for first in range(0, _MOST_BUG_SCHEDULES, _BUG_SCHEDULES):
        broken = some(first, _BUG_SCHEDULES, bug).failures
        if any(text.startswith(f"{BUGS[bug][1]}:") for texts in broken.values() for text in texts):
            return
    pytest.fail(f"{_MOST_BUG_SCHEDULES} schedules are clean")


def test_a_number_replays_its_schedule() -> None:
    """The same number gives the same history, entry by entry; another gives another."""
    assert one(7)[0].history == one(7)[0].history
    assert one(7)[0].history != one(8)[0].history


def test_every_client_of_a_schedule_ends_up_with_the_same_order() -> None:
    """Two devices of one user were told of the same records in the same order, where both were there."""
    simulation, _ = one(3)
    orders = {}
    for entry in simulation.history:
        if isinstance(entry, Framed) and entry.event == "notification" and entry.owner == "ann":
            orders.setdefault(entry.client, []).append(entry.id)
    common = set.intersection(*map(set, orders.values()))
    assert len({tuple(id for id in order if id in common) for order in orders.values()}) == 1
    assert any(isinstance(entry, Logged) for entry in simulation.history)


def test_processes_find_what_one_finds() -> None:
    """However many processes share the schedules, the outcome is the same."""
    bug = "a cursor is off by one"
    assert many(0, 20, bug, jobs=2, chunk=8).failures == many(0, 20, bug, jobs=1).failures
