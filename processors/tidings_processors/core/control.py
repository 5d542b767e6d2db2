"""Records on `drafts` that are no drafts: without a value, they say by a header what they are.

A tick lets time pass on a partition where something is held and nothing else comes. A notice of what the urgent lane
has told lets older news of the same collapse key, if it is held, give way.
"""

from typing import NamedTuple

from tidings_schemas.topics import DRAFTS

from .record import RecordIn, RecordOut, source_header

TICK_HEADER = "tidings-tick"
NOTICE_HEADER = "tidings-told"


class Notice(NamedTuple):
    """A notification that was told past the normal lane; `event_ms` is when its event happened."""

    id: str
    event_ms: int
    collapse_key: str


def tick(partition: int) -> RecordOut:
    """Lets time pass on a partition of `drafts`."""
    return RecordOut(DRAFTS.name, None, None, [(TICK_HEADER, b"1")], partition)


def notice(record: RecordIn, told: Notice) -> RecordOut:
    """Says on `drafts` that a draft of the urgent lane was told."""
    text = f"{told.id} {told.event_ms} {told.collapse_key}".encode()
    headers = [source_header(record, 1), (NOTICE_HEADER, text)]
    return RecordOut(DRAFTS.name, record.key, None, headers, record.partition)


def is_tick(record: RecordIn) -> bool:
    """Whether it is a tick; look only at records without a value."""
    return any(name == TICK_HEADER for name, _ in record.headers)


def notice_in(record: RecordIn) -> Notice | None:
    """The notice that a record without a value is, if it is one."""
    for name, value in record.headers:
        if name == NOTICE_HEADER and value is not None:
            told, event_ms, key = value.decode().split(" ", 2)
            return Notice(told, int(event_ms), key)
    return None
