"""What a run is to do, and what came of it: plain data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tidings_processors.settings import GroupProtocol

from .cluster import Size
from .core.verdict import Verdict
from .member import Exit
from .schedule import Planned
from .traffic import Audience


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do.

    Attributes:
        seed: decides the schedule and the traffic.
        seconds: how long events are published and things are broken.
        nemeses: names of `nemeses.catalogue.NEMESES`.
        folder: the history, the report and all logs go there.
        rate: events a second.
        group_protocol: who shares partitions out: the workers themselves (classic), or the brokers (consumer).
        toxiproxy: use it, building it with Go if need be; else the own proxy.
    """

    seed: int
    seconds: float
    nemeses: Sequence[str]
    folder: Path
    rate: float = 60.0
    audience: Audience = field(default_factory=Audience)
    size: Size = field(default_factory=Size)
    group_protocol: GroupProtocol = "classic"
    toxiproxy: bool = True


@dataclass(frozen=True, slots=True)
class Struck:
    """A fault that happened. `detail`: what it hit. Times: seconds since the first event."""

    at: float
    healed: float
    nemesis: str
    detail: str
    planned: Planned


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a run.

    Attributes:
        failures: why it proves less than it should, in words: what did not heal, what did not happen.
        skipped: what could not be tried here, and why.
        exits: processes that ended without having been told to.
        struck: the faults, in order.
    """

    plan: Plan
    verdict: Verdict
    failures: Sequence[str]
    skipped: Sequence[str]
    exits: Sequence[Exit]
    struck: Sequence[Struck]

    @property
    def clean(self) -> bool:
        """Whether nothing was violated and the run did what it should."""
        return self.verdict.clean and not self.failures

    @property
    def strikes(self) -> Mapping[str, int]:
        """How often each nemesis struck."""
        counts: dict[str, int] = {}
        for one in self.struck:
            counts[one.nemesis] = counts.get(one.nemesis, 0) + 1
        return dict(sorted(counts.items()))
