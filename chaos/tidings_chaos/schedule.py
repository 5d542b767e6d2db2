"""What is done when: decided by a seed alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

_PAUSE_S = (2.0, 6.0)  # between one fault's healing and the next
_HEALING_S = 3.0  # what healing takes, roughly: the schedule waits for the real one
_TOGETHER = 0.25  # how often two faults overlap


@dataclass(frozen=True, slots=True)
class Planned:
    """One fault to come. `at`: seconds after the start; `seed`: for what the nemesis draws itself."""

    at: float
    nemesis: str
    hold: float
    seed: int


def schedule(seed: int, seconds: float, holds: Mapping[str, tuple[float, float]]) -> Sequence[Planned]:
    """Faults until `seconds` are over: all nemeses in turn, in an order drawn anew for each turn.

    Args:
        holds: between how many seconds each lasts, by name.
    """
    rng = Random(seed)
    planned: list[Planned] = []
    at = rng.uniform(*_PAUSE_S)
    while True:
        names = sorted(holds)
        rng.shuffle(names)
        for name in names:
            hold = round(rng.uniform(*holds[name]), 2)
            if at + hold > seconds:
                return planned
            planned.append(Planned(round(at, 2), name, hold, rng.getrandbits(32)))
            together = rng.random() < _TOGETHER
            at += rng.uniform(0.2, 1.0) if together else hold + _HEALING_S + rng.uniform(*_PAUSE_S)
