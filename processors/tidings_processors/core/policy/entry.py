"""What the policy remembers of one notification."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar, Self

from tidings_processors.core.rules import LISTED


class State(StrEnum):
    """Held: it waits. Told: it was told, and counts for a cap. Done: it was held, and something became of it."""

    HELD = "held"
    TOLD = "told"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Entry:
    """A `PolicyEntry`, times in ms since 1970.

    Attributes:
        bucket: what it is gathered in; empty = it is told by itself.
        due_at: when it is told if it is held, else when it may be forgotten.
        at: when this was decided.
        offset: of its draft.
        counts: whether it counts as told, for caps.
        word, by, key, limit: what was decided, as in a `Decision`; no word if it was told at once.
        notification: framed; empty unless held.
        most: titles that are listed of a digest whose newest it is.
    """

    avro_name: ClassVar[str] = "tidings.PolicyEntry"
    id: str
    user: str
    state: State
    rule: str
    kind: str
    topic: str | None
    collapse_key: str | None
    bucket: str
    due_at: int
    at: int
    expires_at: int | None
    event_source: str
    event_id: str
    event_time: int
    offset: int
    counts: bool = False
    word: str = ""
    by: str | None = None
    key: str | None = None
    limit: int | None = None
    notification: bytes = b""
    most: int = LISTED

    def to_avro(self) -> dict[str, Any]:
        """The record's fields, as `Codec.encode` takes them."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def from_avro(cls, record: Mapping[str, Any]) -> Self:
        """The entry of a record that was decoded without times."""
        fields = {name: record[name] for name in cls.__slots__}
        return cls(**fields | {"state": State(record["state"])})
