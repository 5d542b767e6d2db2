"""One change of a compacted topic, decoded."""

from typing import Any, NamedTuple, Protocol


class Change(NamedTuple):
    """A record's key and fields; no fields (a tombstone) mean that the key is gone. `at_ms`: when it was written."""

    key: bytes
    record: dict[str, Any] | None
    at_ms: int = 0


class State(Protocol):
    """What a view keeps up to date.

    `apply` runs in the reader's thread while the event loop asks. So a state changes in steps that are atomic in
    CPython (set, pop or copy of one dict; one assignment), and needs no lock.
    """

    def apply(self, changes: list[Change]) -> None:
        """Takes changes, oldest first. It must not raise on what a record may hold."""
