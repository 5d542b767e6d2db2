"""The inbox: what is in it, and what is unread."""

import orjson
import pytest
from tidings_gateway.core.inbox import Inbox
from tidings_gateway.core.record import Message


def told(id: str, key: str | None = None, expires_at: float | None = None) -> Message:
    return Message("notification", id, b'{"id":"%b"}' % id.encode(), "ann", collapse_key=key, expires_at=expires_at)


def state(state: str, *ids: str) -> Message:
    return Message("read-state", "r", orjson.dumps({"notifications": ids, "state": state}), "ann")


def states(*messages: Message, now: float = 0, capacity: int = 100) -> dict[str, str]:
    inbox = Inbox(capacity)
    for message in messages:
        inbox.apply(message)
    return {item.message.id: item.state for item in inbox.items(now)}


def test_newest_comes_first() -> None:
    """As the snapshot promises."""
    assert list(states(told("1"), told("2"))) == ["2", "1"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (["seen"], "seen"),
        (["seen", "read"], "read"),
        (["read", "seen"], "read"),  # a late word from another device takes nothing back
        (["dismissed", "read"], "dismissed"),
        (["read", "unread"], "unread"),
        (["dismissed", "unread", "seen"], "seen"),
        (["shredded"], "unread"),  # a state of a later version
    ],
)
def test_a_state_only_moves_forward(changes: list[str], expected: str) -> None:
    """Whichever device speaks last; `unread` alone takes it back."""
    assert states(told("1"), *(state(change, "1") for change in changes)) == {"1": expected}


def test_no_ids_mean_all_so_far() -> None:
    """What comes later stays unread."""
    assert states(told("1"), told("2"), state("read"), told("3")) == {"3": "unread", "2": "read", "1": "read"}


def test_a_state_of_what_is_not_there_does_nothing() -> None:
    """It may have gone before."""
    assert states(told("1"), state("read", "9")) == {"1": "unread"}


def test_the_newest_of_a_collapse_key_replaces_what_is_unread() -> None:
    """What was seen stays as it was."""
    assert states(told("1", "a"), told("2", "a")) == {"2": "unread"}
    assert states(told("1", "a"), state("seen", "1"), told("2", "a")) == {"2": "unread", "1": "seen"}


def about(id: str, time: str, priority: str = "normal") -> Message:
    data = {"id": id, "priority": priority, "event_time": time}
    return Message("notification", id, orjson.dumps(data), "ann", collapse_key="a", priority=priority)


def test_what_is_critical_is_not_replaced_by_older_news_that_it_overtook() -> None:
    """A flight is cancelled; that it is late was waiting in a backlog, and is no news any more."""
    cancelled = about("2", "2026-01-10T15:00:00Z", "critical")
    assert states(cancelled, about("1", "2026-01-10T14:59:59.5Z")) == {"2": "unread"}
    assert states(cancelled, about("3", "2026-01-10T15:00:00.5Z")) == {"3": "unread"}
    assert states(about("2", "2026-01-10T15:00:00Z"), about("1", "2026-01-10T14:00:00Z")) == {"1": "unread"}
    assert states(cancelled, state("read", "2"), about("1", "2026-01-10T14:00:00Z")) == {"2": "read", "1": "unread"}


def test_what_has_expired_is_not_shown() -> None:
    """Neither listed nor counted."""
    assert states(told("1", expires_at=10), told("2", expires_at=11), now=10) == {"2": "unread"}


def test_the_oldest_give_way() -> None:
    """Beyond its capacity the inbox forgets the oldest, its collapse key included."""
    assert states(told("1", "a"), told("2"), told("3"), told("4", "a"), capacity=2) == {"4": "unread", "3": "unread"}


def test_seen_counts_as_new_and_read_does_not() -> None:
    """The unread count: neither read nor dismissed."""
    inbox = Inbox(10)
    for message in (
        told("1"),
        told("2"),
        told("3"),
        told("4"),
        state("seen", "2"),
        state("read", "3"),
        state("dismissed", "4"),
    ):
        inbox.apply(message)
    assert sum(item.is_new for item in inbox.items(0)) == 2
