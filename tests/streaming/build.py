"""Records of `notifications`, as the processors write them."""

from datetime import UTC, datetime

from tidings_schemas import Notification, ReadState
from tidings_schemas.catalogue import load
from tidings_schemas.codec import Codec, FixedSchemas

CATALOGUE = load()
CODEC = Codec(CATALOGUE, FixedSchemas(CATALOGUE))
_TIME = datetime(2026, 1, 1, 12, tzinfo=UTC)


def notification(
    id: str,
    user: str = "ann",
    topic: str | None = None,
    title: str = "a title",
    body: str = "",
    url: str | None = None,
    collapse_key: str | None = None,
    priority: str = "normal",
    expires_at: float | None = None,
    codec: Codec = CODEC,
) -> bytes:
    """The bytes of one notification; no `user` but a `topic` makes a shared one."""
    record = Notification(
        id=id,
        user=user,
        rule="rule",
        kind="kind",
        topic=topic,
        title=title,
        body=body,
        url=url,
        priority=priority,
        collapse_key=collapse_key,
        locale="en",
        event_id="event",
        event_type="type",
        event_time=_TIME,
        created_at=_TIME,
        expires_at=datetime.fromtimestamp(expires_at, UTC) if expires_at is not None else None,
    )
    return codec.encode(Notification.avro_name, record.to_avro())


def read_state(id: str, notifications: list[str], state: str = "read", user: str = "ann") -> bytes:
    """The bytes of one change of read state."""
    return CODEC.encode(ReadState.avro_name, ReadState(id, user, notifications, state, _TIME).to_avro())
