"""What is done when: decided by a seed alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from .core.checker import HEALING_S

_PAUSE_S = (2.0, 6.0)  # between one fault's healing and the next
_HEALING_S = 3.0  # what healing takes, roughly: the schedule waits for the real one
_TOGETHER = 0.25  # how often two faults overlap
_CALM_EACH_S = 300.0  # of a run
#: Each fault puts off by when all must be seen. Only where none comes for so long is that judged before the end.
CALM_S = HEALING_S + 10.0


@dataclass(frozen=True, slots=True)
class Planned:
    """One fault to come.

    Attributes:
        at: seconds after the start.
        seed: for what the nemesis draws itself.
        calm: for so many seconds before it nothing may be broken.
    """

    at: float
    nemesis: str
    hold: float
    seed: int
    calm: float = 0.0


def schedule(seed: int, seconds: float, holds: Mapping[str, tuple[float, float]]) -> Sequence[Planned]:
    """Faults until `seconds` are over: all nemeses in turn, in an order drawn anew for each turn. Each five minutes
    of a run have a calm, evenly spread.

    Args:
        holds: between how many seconds each lasts, by name.
    """
    rng = Random(seed)
    planned: list[Planned] = []
    calms = _calms(seconds)
    at = rng.uniform(*_PAUSE_S)
    while True:
        names = sorted(holds)
        rng.shuffle(names)
        for name in names:
            hold = round(rng.uniform(*holds[name]), 2)
            calm = CALM_S if calms and at >= calms[0] else 0.0
            if calm:
                calms.pop(0)
                at += calm
            if at + hold > seconds:
                return planned
            planned.append(Planned(round(at, 2), name, hold, rng.getrandbits(32), calm))
            together = rng.random() < _TOGETHER
            at += rng.uniform(0.2, 1.0) if together else hold + _HEALING_S + rng.uniform(*_PAUSE_S)


def _calms(seconds: float) -> list[float]:
    """When calms begin."""
    count = int(seconds // _CALM_EACH_S)
    return [seconds * number / (count + 1) for number in range(1, count + 1)]
