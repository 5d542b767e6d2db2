"""What a simulation is put together of; a seeded bug is one of these exchanged for a wrong one."""

from collections.abc import Callable
from dataclasses import dataclass

from tidings_gateway.core.hub import Hub
from tidings_gateway.dispatcher import Dispatcher
from tidings_processors.core.policy.book import Book
from tidings_processors.core.window import Window

WINDOW = 10_000


def full_window() -> Window:
    """One that forgets nothing in a schedule's time."""
    return Window(WINDOW)


@dataclass(frozen=True, slots=True)
class Parts:
    """Collaborators, the right ones by default.

    Attributes:
        window: makes what deliver knows to be written already.
        book: makes what deliver holds back in.
        gateway_window: how many ids a gateway remembers.
        done_when_handed_over: a run counts as done before Kafka has what came of it.
        notes_wait: what lets go of something held is written when Kafka has what was told, not with it.
        keeps_order: a producer's records of one partition arrive in their order.
        follows_count_since: fan-out knows since when somebody follows.
    """

    window: Callable[[], Window] = full_window
    book: Callable[[], Book] = Book
    gateway_window: int = WINDOW
    hub: type[Hub] = Hub
    dispatcher: type[Dispatcher] = Dispatcher
    done_when_handed_over: bool = False
    notes_wait: bool = True
    keeps_order: bool = True
    follows_count_since: bool = True
