"""What a tail holds: one record of `notifications`, opened only when somebody is there to read it."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Message:
    """A record's value as clients see it.

    Attributes:
        event: the stream's event name, `notification` or `read-state`.
        id: the notification's or receipt's id.
        user: whose; empty when it is shared by the followers of `topic`.
        data: the JSON object of docs/wire.md, UTF-8, one line.
        expires_at: unix seconds after which it is not delivered.
    """

    event: str
    id: str
    data: bytes
    user: str = ""
    topic: str = ""
    collapse_key: str | None = None
    priority: str = "normal"
    expires_at: float | None = None


#: User and value → message; None when it cannot be decoded, is another user's, or is of no concern to clients.
Open = Callable[[str, bytes], Message | None]


class Record:
    """One record of a partition; exactly one of `user` and `topic` is set.

    Args:
        offset: its place in the partition.
        user: whose it is, or empty when it is shared by the followers of `topic`.
        topic: the followed topic of a shared record, else empty.
        id: what a replay of the same notification for the same user has too; None when it cannot be told.
        value: the record's bytes.
        open: decodes them, at most once.
    """

    __slots__ = ("_message", "_open", "arrived", "id", "offset", "size", "topic", "user", "value")

    def __init__(self, offset: int, user: str, topic: str, id: bytes | None, value: bytes, open: Open) -> None:
        self.offset = offset
        self.user = user
        self.topic = topic
        self.id = id
        self.value = value
        self.size = len(value)
        self.arrived = 0.0  # unix seconds; the tail notes it
        self._open: Open | None = open
        self._message: Message | None = None

    @property
    def message(self) -> Message | None:
        """The decoded value; None when it cannot be decoded."""
        if self._open is not None:
            self._message, self._open = self._open(self.user, self.value), None
        return self._message

    def live(self, now: float) -> bool:
        """Whether it may be delivered at `now` (unix seconds): readable and not expired."""
        message = self.message
        return message is not None and (message.expires_at is None or message.expires_at > now)
