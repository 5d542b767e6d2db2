"""When a worker died: is it started again, and when? Pure: time is passed in."""

from dataclasses import dataclass, replace

#: A worker that lived this long is taken for healthy: its next death counts as the first.
HEALTHY_AFTER_S = 60.0
#: Deaths in a row after which whoever runs the gateway must hear of it.
TOO_MANY = 5
_LONGEST_DELAY_S = 8.0


@dataclass(frozen=True, slots=True)
class Life:
    """What is remembered of one worker: when it was last started (seconds), and how often in a row it died young."""

    started: float
    deaths: int = 0


def died(life: Life, now: float) -> Life:
    """The same worker after its death at `now`."""
    return replace(life, deaths=1 if now - life.started >= HEALTHY_AFTER_S else life.deaths + 1)


def delay(life: Life) -> float | None:
    """Seconds until it is started again: at once, then 1, 2, 4 …; None: it dies every time, so give up.

    New connections of this worker wait meanwhile, so the delays are short.
    """
    if life.deaths > TOO_MANY:
        return None
    return 0.0 if life.deaths <= 1 else min(2.0 ** (life.deaths - 2), _LONGEST_DELAY_S)
