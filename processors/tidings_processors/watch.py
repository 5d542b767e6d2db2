"""Is the worker doing its work? Looked at from outside the stages: how far behind, and whether it moves."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import NamedTuple

Place = tuple[str, int]  # topic, partition


class Progress(NamedTuple):
    """Of one partition: the offset below which all is done, and its end."""

    done: int
    end: int

    @property
    def lag(self) -> int:
        """Records that are there and not done."""
        return max(0, self.end - self.done)


@dataclass
class LagWatch:
    """Notices partitions that have records waiting and do not move.

    Attributes:
        limit: seconds without progress after which a partition counts as stuck.
        clock: seconds, monotonic.
    """

    limit: float
    clock: Callable[[], float] = monotonic
    progress: Mapping[Place, Progress] = field(default_factory=dict)
    _moved: dict[Place, tuple[int, float]] = field(default_factory=dict)

    def look(self, progress: Mapping[Place, Progress]) -> None:
        """Takes the progress of each partition that the worker holds."""
        now = self.clock()
        self.progress = dict(progress)
        for place, at in progress.items():
            before = self._moved.get(place)
            if before is None or at.lag == 0 or at.done != before[0]:
                self._moved[place] = at.done, now
        for gone in self._moved.keys() - progress.keys():
            del self._moved[gone]

    def lags(self) -> dict[Place, int]:
        """Records that wait, by partition."""
        return {place: at.lag for place, at in self.progress.items()}

    def stuck(self) -> list[str]:
        """The partitions that are stuck, in words."""
        now = self.clock()
        return [
            f"{topic}[{partition}] has {self.progress[topic, partition].lag} records waiting and has not moved for "
            f"{now - since:.0f} s"
            for (topic, partition), (_, since) in sorted(self._moved.items())
            if self.progress[topic, partition].lag and now - since > self.limit
        ]
