"""A second clock that runs at another speed."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Playback:
    """Maps the past that is played to the clock of now.

    Attributes:
        start: the past's time at the beginning, aware.
        begun: the clock's seconds at the beginning (`time.monotonic`).
        speed: seconds of the past in one of now, > 0.
        patience: seconds that it may fall behind before it gives up catching up.
    """

    start: datetime
    begun: float
    speed: float
    patience: float = 5.0

    def __post_init__(self) -> None:
        if not self.speed > 0:
            raise ValueError(f"speed is {self.speed}, it must be greater than 0")

    def due(self, time: datetime) -> float:
        """The clock's seconds at which the past's `time` is played."""
        return self.begun + (time - self.start).total_seconds() / self.speed

    def past(self, now: float) -> datetime:
        """The past's time when the clock says `now`."""
        return self.start + timedelta(seconds=(now - self.begun) * self.speed)

    def at(self, time: datetime, now: float) -> "Playback":
        """The playback to go on with when `time` is played at `now`.

        After a long stop (Kafka was away, the machine slept) it goes on at its own pace instead of rushing.
        """
        behind = now - self.due(time)
        return replace(self, begun=self.begun + behind) if behind > self.patience else self
