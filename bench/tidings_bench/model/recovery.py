"""What happens when a share of the gateways vanishes at once: their clients come to those that are left. Pure.

Stepped by tenths of a second. Whoever is cut off comes back after a random reconnection time (50–150 % of 3 s, as the
gateway draws it); a gateway opens streams with what CPU its usual work leaves it.
"""

from dataclasses import dataclass

_STEP_S = 0.1
_RETRY_S = (1.5, 4.5)
_LONGEST_S = 900.0


@dataclass(frozen=True, slots=True)
class Recovery:
    """Seconds after the failure, and the share of those cut off that is back by then.

    Attributes:
        half, all: seconds until half, and 99.9 %, are back; infinite if the others are too busy for ever.
    """

    seconds: list[float]
    back: list[float]
    half: float
    all: float


def recover(cut: float, openings: float) -> Recovery:
    """`cut` streams come back to gateways that can open `openings` a second between them."""
    waiting, back, at = 0.0, 0.0, 0.0
    seconds, shares = [0.0], [0.0]
    while back < 0.999 * cut and at < _LONGEST_S:
        at += _STEP_S
        waiting += cut * (_returned(at) - _returned(at - _STEP_S))
        opened = min(waiting, max(0.0, openings) * _STEP_S)
        waiting, back = waiting - opened, back + opened
        seconds.append(round(at, 1))
        shares.append(back / cut)
    return Recovery(seconds, shares, _when(seconds, shares, 0.5), _when(seconds, shares, 0.999))


def _returned(at: float) -> float:
    """The share of those cut off whose reconnection time has passed."""
    first, last = _RETRY_S
    return min(1.0, max(0.0, (at - first) / (last - first)))


def _when(seconds: list[float], shares: list[float], share: float) -> float:
    return next((at for at, back in zip(seconds, shares, strict=True) if back >= share), float("inf"))
