"""Records as they come from the broker: one partition's consecutive ones, as columns of plain lists."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from .headers import Headers


@dataclass(slots=True)
class Run:
    """Records of one partition in offset order; the lists are of one length.

    Attributes:
        topic: bare name, without the namespace.
        timestamps: Kafka timestamps, ms since 1970.
    """

    topic: str
    partition: int
    offsets: list[int] = field(default_factory=list)
    timestamps: list[int] = field(default_factory=list)
    keys: list[bytes | None] = field(default_factory=list)
    values: list[bytes | None] = field(default_factory=list)
    headers: Headers = field(default_factory=Headers)

    def __len__(self) -> int:
        return len(self.offsets)

    def take(self, indices: Sequence[int]) -> "Run":
        """Only the records at these places."""
        return Run(
            self.topic,
            self.partition,
            [self.offsets[i] for i in indices],
            [self.timestamps[i] for i in indices],
            [self.keys[i] for i in indices],
            [self.values[i] for i in indices],
            self.headers.take(indices),
        )

    def extend(self, other: "Run") -> None:
        """Takes the records that follow in the same partition."""
        self.offsets += other.offsets
        self.timestamps += other.timestamps
        self.keys += other.keys
        self.values += other.values
        self.headers.extend(other.headers)


@dataclass(frozen=True, slots=True)
class Failure:
    """A record that could not be decoded, with what is needed to look into it.

    Attributes:
        withheld: key and value are left out, because they may hold personal data.
    """

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    error_class: str
    error_text: str
    withheld: bool = False
