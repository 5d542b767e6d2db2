"""What a run recorded, as data: one entry for each thing that was done or seen.

Times (`at`) are seconds since the run began. A *line* is what keeps its order: the events of one subject, numbered.
A *client* is one device of a user for the whole run, over all of its connections.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

Outcome = Literal["ok", "failed", "unknown"]


@dataclass(frozen=True, slots=True)
class Published:
    """A producer published an event, and was told (or not) what became of it.

    Attributes:
        at: when the outcome was known.
        invoked: when it was handed over.
        id: the event's.
        line, seq: the line and the place in it.
        user, topic: who is told: this user, or the followers of this topic.
        outcome: "unknown" after a time-out: it may or may not exist.
    """

    at: float
    invoked: float
    id: str
    line: str
    seq: int
    user: str | None
    topic: str | None
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Followed:
    """A user follows a topic from now on, or (not `made`) no more."""

    at: float
    user: str
    topic: str
    made: bool


@dataclass(frozen=True, slots=True)
class Opened:
    """A client connected. `cursor`: its Last-Event-ID, or empty. `lasting`: it stays until the end."""

    at: float
    client: str
    user: str
    cursor: str
    lasting: bool = True


@dataclass(frozen=True, slots=True)
class Framed:
    """A client got a frame.

    Attributes:
        event: as in docs/wire.md: notification, ready, reset, summary, bye, …
        cursor: the client's last event id behind it.
        id, event_id, rule, owner: of a notification; `owner` is the user that it names.
        reason: of a reset or bye.
        count: of a summary.
    """

    at: float
    client: str
    event: str
    cursor: str
    id: str = ""
    event_id: str = ""
    rule: str = ""
    owner: str = ""
    reason: str = ""
    count: int = 0


@dataclass(frozen=True, slots=True)
class Closed:
    """A client's connection ended. `status`: of the HTTP answer; 0 when there was none."""

    at: float
    client: str
    status: int = 200


@dataclass(frozen=True, slots=True)
class Stalled:
    """A client stopped reading (`on`), or reads again."""

    at: float
    client: str
    on: bool


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A client fetched its inbox, as after a reset; `event_ids`: of what is in it."""

    at: float
    client: str
    event_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """A nemesis began, or ended and healed what it broke."""

    at: float
    nemesis: str
    phase: Literal["start", "heal"]
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Logged:
    """A record of `notifications`, read back at the end. `topic`: it is shared by that topic's followers."""

    partition: int
    offset: int
    id: str
    user: str
    event_id: str
    topic: str = ""


@dataclass(frozen=True, slots=True)
class Bounds:
    """A partition of `notifications` at the end: its first and next offset, and the topic's epoch in hexadecimal."""

    partition: int
    low: int
    high: int
    epoch: str


@dataclass(frozen=True, slots=True)
class Poisoned:
    """A bad record was written. `digest`: of its bytes, empty when it has none. `error`: its dead letter's class."""

    at: float
    kind: str
    topic: str
    partition: int
    offset: int
    digest: str
    error: str


@dataclass(frozen=True, slots=True)
class Buried:
    """A dead letter, read back at the end."""

    topic: str
    partition: int
    offset: int
    error_class: str
    error_text: str
    digest: str
    rule: str = ""


Entry = (
    Published | Followed | Opened | Framed | Closed | Stalled | Snapshot | Fault | Logged | Bounds | Poisoned | Buried
)
History = Sequence[Entry]

KINDS: dict[str, Callable[..., Entry]] = {kind.__name__: kind for kind in get_args(Entry)}
