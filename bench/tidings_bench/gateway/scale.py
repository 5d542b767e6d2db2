"""One event for all streams, again and again: by one worker and by two, on all cores, alternating.

Who reads the streams needs a share of the same cores, so on a machine of two the second worker cannot have one for
itself. Both ratios are told: what was delivered, by the clock; and what the workers' CPU time delivers, which is what
cores of their own would. With a share of a core for each worker, both have what they need, and the clock tells too.
"""

from collections.abc import Callable, Sequence
from typing import Any

from . import broadcast
from .ours import Ours


def run(
    load: broadcast.Load, native: bool, share: float, say: Callable[[str], None], workers: Sequence[int] = (1, 2)
) -> dict[str, dict[str, Any]]:
    """Medians by number of workers; the last has the ratios to the first. `share`: see `Ours`."""
    sides = [Ours(native, count, share) for count in workers]
    figures: dict[str, dict[str, Any]] = broadcast.run(load, sides, say)
    first, last = (figures[side.name] for side in (sides[0], sides[-1]))
    if not {"per_second", "per_cpu_second"} <= first.keys() & last.keys():
        return figures  # a side could not be measured, and says why
    more = workers[-1] / workers[0]
    last["ratio_by_the_clock"] = round(last["per_second"] / first["per_second"], 2)
    last["ratio_by_cpu_time"] = round(more * last["per_cpu_second"] / first["per_cpu_second"], 2)
    return figures
