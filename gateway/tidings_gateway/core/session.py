"""One stream's life: REPLAYING → LIVE → CLOSED(reason).

Rules:
1. A session that is not `behind` has been given everything up to its tail's end; publishing reaches it at once.
2. One that is `behind` is given nothing by publishing; it is pulled on from `position` when its client takes more.
3. It is behind from `join` until the first pull that reaches the tail's end (REPLAYING → LIVE), and again whenever
   its client's buffer is full.
"""

from enum import Enum
from typing import Any

from .reasons import Bye


class State(Enum):
    """Where in its life a session is."""

    REPLAYING = 1
    LIVE = 2
    CLOSED = 3


class Session:
    """A client's stream, as the hub knows it.

    Attributes:
        user: whose.
        partition: where the user's records are; the hub sets it.
        position: the next offset to send; meant only while `behind`.
        resumed: what came after the client's own cursor was, or will be, given without a reset.
        full_since: since when (unix seconds) the client takes nothing; None while it has room.
        expires_at: unix seconds at which its token ends.
        address: the client's, for counting streams; None for one that is no stream (a long poll, a snapshot).
        sink: where its frames go; the core never touches it.
    """

    __slots__ = (
        "address",
        "behind",
        "expires_at",
        "full_since",
        "partition",
        "position",
        "reason",
        "resumed",
        "sink",
        "state",
        "user",
    )

    def __init__(
        self, user: str, sink: Any = None, expires_at: float | None = None, address: str | None = None
    ) -> None:
        self.user = user
        self.sink = sink
        self.expires_at = expires_at
        self.address = address
        self.state = State.REPLAYING
        self.reason: Bye | None = None
        self.partition = -1
        self.position = 0
        self.behind = True
        self.resumed = False
        self.full_since: float | None = None

    def move_to(self, position: int) -> None:
        """The next offset to send is `position`; it lies behind the tail's end, or may do so."""
        self.position, self.behind = position, True

    def full(self, end: int, now: float) -> None:
        """The client's buffer is full after all up to `end` was written (or up to `position`, if it was behind)."""
        if not self.behind:
            self.move_to(end)
        if self.full_since is None:
            self.full_since = now

    def drained(self) -> None:
        """The client has room again."""
        self.full_since = None

    def stalled(self, now: float, limit: float) -> bool:
        """Whether the client has taken nothing for more than `limit` seconds: the ladder's last step."""
        return self.full_since is not None and now - self.full_since > limit

    def close(self, reason: Bye | None) -> bool:
        """Ends it; `reason` is None when the client left. False if it had ended already."""
        if self.state is State.CLOSED:
            return False
        self.state, self.reason, self.behind = State.CLOSED, reason, True
        return True
