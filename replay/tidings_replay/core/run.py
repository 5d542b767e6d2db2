"""Records as they come from the broker: one partition's consecutive ones, as columns of plain lists."""

from collections.abc import Sequence
from dataclasses import dataclass, field

RawHeaders = Sequence[tuple[str, bytes | None]] | None


@dataclass(slots=True)
class Run:
    """Records of one partition in offset order; the lists are of one length.

    Attributes:
        topic: bare name, without the namespace.
        timestamps: Kafka timestamps, ms since 1970.
        headers: as the client gives them, None where a record has none.
    """

    topic: str
    partition: int
    offsets: list[int] = field(default_factory=list)
    timestamps: list[int] = field(default_factory=list)
    keys: list[bytes | None] = field(default_factory=list)
    values: list[bytes | None] = field(default_factory=list)
    headers: list[RawHeaders] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.offsets)

    def take(self, indices: Sequence[int]) -> "Run":
        """Only the records at these places."""
        columns = (self.offsets, self.timestamps, self.keys, self.values, self.headers)
        return Run(self.topic, self.partition, *([column[i] for i in indices] for column in columns))  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Failure:
    """A record that could not be decoded, with what is needed to look into it."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    error_class: str
    error_text: str
