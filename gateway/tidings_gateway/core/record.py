"""What a tail holds: one record of `notifications`, opened only when somebody is there to read it."""

from collections.abc import Callable, Sequence
from typing import NamedTuple


class Message(NamedTuple):
    """A record's value as clients see it. A tuple, since tens of thousands a second are made.

    Attributes:
        event: the stream's event name, `notification` or `read-state`.
        id: the notification's or receipt's id.
        user: whose; empty when it is shared by the followers of `topic`.
        data: the JSON object of docs/wire.md, UTF-8, one line.
        expires_at: unix seconds after which it is not delivered.
        told: event id and rule: who is told of the same by two ways (own and shared) is told once.
    """

    event: str
    id: str
    data: bytes
    user: str = ""
    topic: str = ""
    collapse_key: str | None = None
    priority: str = "normal"
    expires_at: float | None = None
    told: str = ""


#: User and value → message; None when it cannot be decoded, is another user's, or is of no concern to clients.
Open = Callable[[str, bytes], Message | None]


#: The position that cursors of a partition begin with, and records of one user each that somebody waits for → the same
#: records, `framed` where that could be done.
Frame = Callable[[bytes, Sequence["Record"]], None]


def record_id(key: bytes, id: bytes) -> bytes:
    """A record's id, of one user: what is written under a wrong key must not pass for the right one's."""
    return key + b"\0" + id


class Record:
    """One record of a partition; exactly one of `user` and `topic` is set.

    Args:
        offset: its place in the partition.
        user: whose it is, or empty when it is shared by the followers of `topic`.
        topic: the followed topic of a shared record, else empty.
        id: what a replay of the same notification for the same user has too; None when it cannot be told.
        value: the record's bytes.
        open: decodes them, at most once; after that only the message is kept.
        personal: makes a shared record's message one user's own, or None; left out, all get the same.

    Attributes:
        frame: as a stream gets it, if that was made before anybody asked for the message.
    """

    __slots__ = (
        "_expires_at",
        "_message",
        "_open",
        "_personal",
        "arrived",
        "frame",
        "id",
        "offset",
        "size",
        "topic",
        "user",
        "value",
    )

    def __init__(
        self,
        offset: int,
        user: str,
        topic: str,
        id: bytes | None,
        value: bytes,
        open: Open,
        personal: Callable[[str], Message | None] | None = None,
    ) -> None:
        self.offset = offset
        self.user = user
        self.topic = topic
        self.id = id
        self.value = value
        self.size = len(value)
        self.arrived = 0.0  # unix seconds; the tail notes it
        self.frame: bytes | None = None
        self._open: Open | None = open
        self._message: Message | None = None
        self._expires_at: float | None = None
        self._personal = personal

    @property
    def message(self) -> Message | None:
        """The decoded value; None when it cannot be decoded."""
        if self._open is not None:
            self._message, self._open, self.value = self._open(self.user, self.value), None, b""
        return self._message

    def framed(self, frame: bytes, expires_at: float | None, open: Open) -> None:
        """Keeps the frame instead of the bytes that it was made of; `open` makes the message of it."""
        self.frame = self.value = frame
        self._expires_at, self._open = expires_at, open

    @property
    def differs(self) -> bool:
        """Whether each user gets it as their own."""
        return self._personal is not None

    def of(self, user: str) -> "Record | None":
        """The record as `user` gets it; None when it is shared and not for them."""
        if self._personal is None:
            return self
        message = self._personal(user)
        if message is None:
            return None
        id = record_id(user.encode(), message.id.encode())
        return Record(self.offset, user, "", id, message.data, lambda _, __: message)

    def live(self, now: float) -> bool:
        """Whether it may be delivered at `now` (unix seconds): readable and not expired."""
        expires_at = self._expires_at
        if self.frame is None:
            message = self.message
            if message is None:
                return False
            expires_at = message.expires_at
        return expires_at is None or expires_at > now
