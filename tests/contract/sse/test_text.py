"""Any text in any field of a notification arrives as it was written, over real sockets and every way of a frame."""

import itertools
import os

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contract.sse.texts import UTF_8_TEXT
from tests.streaming.client import EventStream
from tests.streaming.served import Start

FIELDS = ("title", "body", "url", "collapse_key")
ROWS = st.lists(st.tuples(*[UTF_8_TEXT] * len(FIELDS)), min_size=1, max_size=20)

#: TIDINGS_LONG=1 makes it some 100,000 texts for each way.
THOROUGH = settings(max_examples=2_500 if os.environ.get("TIDINGS_LONG") else 10, deadline=None)


def test_any_text_in_any_field_arrives(start: Start) -> None:
    """Live and from history alike: no text ends a frame, begins a field, or is lost."""
    gateway = start()
    users = itertools.count()

    @THOROUGH
    @given(ROWS)
    def check(rows: list[tuple[str, ...]]) -> None:
        user = f"user-{next(users)}"
        path = f"/stream?user={user}"
        with EventStream(gateway.port, path).until_ready() as live:
            begin = live.cursor
            for row in rows:
                gateway.publish(user, **dict(zip(FIELDS, row, strict=True)))
            live.until(lambda stream: len(stream.titles()) == len(rows))
            with EventStream(gateway.port, path, Last_Event_ID=begin) as resumed:
                resumed.until(lambda stream: len(stream.titles()) == len(rows))
            assert shown(live) == shown(resumed) == rows

    check()


def shown(stream: EventStream) -> list[tuple[str, ...]]:
    """The texts of each notification so far."""
    return [tuple(told[field] for field in FIELDS) for told in stream.data("notification")]
