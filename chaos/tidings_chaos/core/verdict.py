"""What a check found: violations by invariant, and figures."""

from dataclasses import dataclass, field
from enum import StrEnum


class Invariant(StrEnum):
    """What must hold. The value is the name in reports."""

    LOSS = "loss"
    LATE = "late"
    PHANTOM = "phantom"
    FOREIGN = "foreign"
    DUPLICATE = "duplicate"
    REPEAT = "repeat"
    ORDER = "order"
    CURSOR = "cursor"
    SKIP = "skip"
    FALSE_GAP = "false-gap"
    SILENCED = "silenced"
    BURIAL = "burial"


MEANING = {
    Invariant.LOSS: "an acknowledged event reaches every client of whoever it is for, if they follow throughout",
    Invariant.LATE: "all is seen within 60 s of healing",
    Invariant.PHANTOM: "nothing is seen that was not published, on the stream or in the inbox",
    Invariant.FOREIGN: "nobody sees what is for somebody else, on the stream or in the inbox",
    Invariant.DUPLICATE: "no event is told twice under two ids",
    Invariant.REPEAT: "a stream carries an id once, as far as docs/wire.md promises it",
    Invariant.ORDER: "a user sees the events of a line in their order",
    Invariant.CURSOR: "a frame's id points behind its record, and ids only grow",
    Invariant.SKIP: "between two ids of a stream lies nothing that was kept from it in silence",
    Invariant.FALSE_GAP: "a reset is sent only where it must be, and a summary counts only what is left out",
    Invariant.SILENCED: "no stream is answered with a status after which a browser stays away",
    Invariant.BURIAL: "every bad record has a dead letter with its place, class, text and bytes, and no good one has",
}


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that should not have happened. `at`: seconds since the run began; None when no moment can be named."""

    invariant: Invariant
    text: str
    at: float | None = None


@dataclass(slots=True)
class Verdict:
    """All that was found.

    Attributes:
        figures: how much was looked at, and how often the wire and the log showed duplicates before ids were compared.
    """

    violations: list[Violation] = field(default_factory=list)
    figures: dict[str, int | float] = field(default_factory=dict)

    @property
    def clean(self) -> bool:
        """Whether nothing was violated."""
        return not self.violations

    @property
    def broken(self) -> dict[Invariant, int]:
        """How often each broken invariant was."""
        counts: dict[Invariant, int] = {}
        for violation in self.violations:
            counts[violation.invariant] = counts.get(violation.invariant, 0) + 1
        return counts
