"""Bugs seeded on purpose, each a wrong collaborator: the simulation must find every one of them."""

from collections.abc import Mapping

from tidings_gateway.core.cursor import Cursor, Malformed
from tidings_gateway.core.hub import Ahead, Hub
from tidings_gateway.core.reasons import Bye, Reset
from tidings_gateway.core.record import Record
from tidings_gateway.core.session import Session
from tidings_gateway.dispatcher import Dispatcher
from tidings_processors.core.policy.book import Book
from tidings_processors.core.policy.entry import Entry
from tidings_processors.core.window import Window

from tidings_chaos.core.verdict import Invariant

from .parts import WINDOW, Parts


class Forgetful(Window):
    """Knows nothing of what was written."""

    def __init__(self) -> None:
        super().__init__(WINDOW)

    def __contains__(self, record_id: str) -> bool:
        return False


class Blank(Book):
    """Of what others held it knows nothing."""

    def restore(self, entry: Entry) -> None:
        """Takes nothing."""


class Hasty(Hub):
    """Joins one record behind the boundary between history and live."""

    def join(self, session: Session, cursor: Cursor | Malformed | None) -> Reset | Bye | Ahead | None:
        """As `Hub.join`, but for one record."""
        verdict = super().join(session, cursor)
        if isinstance(cursor, Cursor) and verdict is None and session.position < self.tail_of(session).end:
            session.move_to(session.position + 1)
        return verdict


def liar(reason: Reset) -> type[Hub]:
    """A hub that says of a cursor which it could serve that it cannot, for a reason that does not hold."""

    class Liar(Hub):
        def join(self, session: Session, cursor: Cursor | Malformed | None) -> Reset | Bye | Ahead | None:
            verdict = super().join(session, cursor)
            if verdict is not None or cursor is None:
                return verdict
            self.restart(session)
            return reason

    return Liar


class Short(Dispatcher):
    """Its cursors point at the record instead of behind it."""

    def _frame(self, partition: int, record: Record) -> bytes:
        shifted = Record(record.offset - 1, record.user, record.topic, record.id, record.value, lambda u, v: None)
        shifted._message, shifted._open = record.message, None
        return super()._frame(partition, shifted)


#: The bug's name → what it is made of, and an invariant that it breaks.
BUGS: Mapping[str, tuple[Parts, Invariant]] = {
    "acked before Kafka acks": (Parts(done_when_handed_over=True), Invariant.LOSS),
    "nothing is recognised as written already": (Parts(window=Forgetful, gateway_window=0), Invariant.REPEAT),
    "the hub skips the record at the boundary": (Parts(hub=Hasty), Invariant.SKIP),
    "a cursor is off by one": (Parts(dispatcher=Short), Invariant.CURSOR),
    "a producer without order": (Parts(keeps_order=False), Invariant.ORDER),
    "a follow counts for what was before it": (Parts(follows_count_since=False), Invariant.ORDER),
    "what is held is not taken over": (Parts(book=Blank), Invariant.LOSS),
    "the note goes with the telling": (Parts(notes_wait=False), Invariant.LOSS),
    **{f"a reset that lies: {reason}": (Parts(hub=liar(reason)), Invariant.FALSE_GAP) for reason in Reset},
}
