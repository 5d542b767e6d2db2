"""What an analyst asked for, as plain data: it goes into resume tokens, audit lines, worker processes and exports."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from .core.where import Condition, Filter


@dataclass(frozen=True, slots=True)
class Request:
    """A replay's options. `since` and `until` are as they were written; a resumed replay takes its ranges from the
    token."""

    topics: tuple[str, ...]
    since: str = "earliest"
    until: str = "latest"
    where: str = ""
    users: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    partitions: tuple[int, ...] = ()
    limit: int | None = None
    sample: float = 1.0
    output: str = ""
    format: str = ""
    partition_by: tuple[str, ...] = ()
    speed: str = "max"
    follow: bool = False
    personal: bool = False
    ordered: bool = False
    processes: int = 0
    undecodable: str = ""

    def filter(self, *, blind: bool = False) -> Filter:
        """What to keep; `blind`: see `Filter`.

        Raises:
            BadCondition: see `Condition`.
        """
        return Filter(
            frozenset(key.encode() for key in self.keys),
            self.types,
            frozenset(self.users),
            self.sample,
            Condition(self.where) if self.where else None,
            blind,
        )

    def document(self) -> dict[str, Any]:
        """JSON; `from_document` undoes it. What is at its default is left out."""
        blank = Request(())
        return {name: value for name, value in asdict(self).items() if value != getattr(blank, name)}


def from_document(document: Mapping[str, Any]) -> Request:
    """The request of a JSON document; unknown names are left out.

    Raises:
        TypeError: it lacks `topics`.
    """
    known = {f.name for f in fields(Request)}
    options: dict[str, Any] = {n: tuple(v) if isinstance(v, list) else v for n, v in document.items() if n in known}
    return Request(**options)
