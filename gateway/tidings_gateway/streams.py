"""The streams, as the rest of the gateway sees them.

    streams = Streams(source, codec, StreamSettings(), time.time, follows)
    await streams.start()                       # in the lifespan; returns once the tails are primed
    return streams.response(user, last_event_id, expires_at)   # from `GET /v1/stream`
    await streams.stop()
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.responses import Response
from tidings_schemas.codec import Codec

from .stream_settings import StreamSettings

#: Does the user follow the topic? Asked only for records that are shared by all followers.
Follows = Callable[[str, str], bool]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A user's inbox at `cursor`. `notifications`: JSON objects as on the stream and `state`, newest first."""

    cursor: str
    unread: int
    notifications: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Waited:
    """What a long poll brought: JSON objects as on the stream. `reset` says why `cursor` could not be honoured."""

    cursor: str
    notifications: list[dict[str, Any]]
    read_states: list[dict[str, Any]]
    reset: str | None = None


@dataclass(slots=True)
class Counters:
    """Plain counters, for `/metrics`: numbers only grow unless said otherwise."""

    open: int = 0  # streams now
    opened: int = 0
    closed: dict[str, int] = field(default_factory=dict)  # by reason
    resumed: int = 0
    frames: int = 0
    bytes: int = 0
    records: int = 0  # read from the source
    duplicates: int = 0
    expired: int = 0
    undecodable: int = 0
    resets: dict[str, int] = field(default_factory=dict)  # by reason
    slow: dict[str, int] = field(default_factory=dict)  # by step of the ladder
    rewinds: int = 0  # reads of the source for resumes beyond memory
    lag: dict[int, int] = field(default_factory=dict)  # records behind the log's end now, by partition


class Streams:
    """Every open stream of this process over one shared source.

    Args:
        source: where records come from; this object starts and stops it.
        codec: decodes notifications and read states.
        settings: limits.
        clock: unix seconds.
        follows: for records shared by all followers of a topic.
    """

    counters: Counters
    ready: bool  # the tails are primed, and no drain has begun
    draining: bool

    def __init__(
        self,
        source: Any,
        codec: Codec,
        settings: StreamSettings,
        clock: Callable[[], float],
        follows: Follows = lambda user, topic: False,
    ) -> None:
        raise NotImplementedError

    async def start(self) -> None:
        """Starts the source and waits until the tails are primed."""
        raise NotImplementedError

    async def stop(self) -> None:
        """Ends every stream with `bye` at once and stops the source."""
        raise NotImplementedError

    async def drain(self, seconds: float | None = None) -> None:
        """Ends the streams over a window of `seconds` (default: the settings'), each with its own `retry`."""
        raise NotImplementedError

    def response(self, user: str, last_event_id: str | None = None, expires_at: float | None = None) -> Response:
        """The response that streams to one client. `expires_at`: unix seconds at which its token ends."""
        raise NotImplementedError

    async def snapshot(self, user: str, limit: int = 50) -> Snapshot:
        """The user's inbox: from memory, and where that is too short from the source."""
        raise NotImplementedError

    async def wait(self, user: str, cursor: str, seconds: float) -> Waited:
        """What came after `cursor`; waits up to `seconds` for something to come."""
        raise NotImplementedError

    def disconnect(self, user: str) -> int:
        """Ends the user's streams (`bye`, `token-expired`). Returns how many there were."""
        raise NotImplementedError
