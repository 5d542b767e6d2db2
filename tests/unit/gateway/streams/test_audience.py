"""Who follows a topic is asked once, and again as soon as the answer may be another."""

from tidings_gateway.core.audience import Audiences
from tidings_gateway.core.lane import Lane
from tidings_gateway.core.session import Session
from tidings_gateway.core.tail import Tail
from tidings_gateway.core.window import Window

from tests.unit.gateway.streams.test_lane import NOW, record


class Views:
    """Who follows what, and how often that was asked."""

    def __init__(self) -> None:
        self.followed = {("ann", "t1"), ("bob", "t1")}
        self.number = 0
        self.asked = 0

    def follows(self, user: str, topic: str) -> bool:
        self.asked += 1
        return (user, topic) in self.followed

    def changes(self, topic: str) -> int:
        return self.number


def told(lane: Lane, views: Views, offset: int) -> list[str]:
    """Whom a shared record of the topic reaches, sorted."""
    deliveries = lane.deliveries([record(offset, "", "t1", False)], views.follows, NOW)
    return sorted(session.user for delivery in deliveries for session in delivery.sessions)


def test_an_answer_is_remembered_until_it_may_be_another() -> None:
    """Nothing is asked again for the second record; after a change, an arrival or a departure it is."""
    views = Views()
    lane = Lane(Tail(0, 0, 10**6, 10**6, Window(100)), views.changes)
    sessions = {user: Session(user) for user in ("ann", "bob", "eve")}
    for session in sessions.values():
        session.behind = False
        lane.add(session)
    assert told(lane, views, 0) == told(lane, views, 1) == ["ann", "bob"]
    assert views.asked == 3
    views.followed.add(("eve", "t1"))
    views.number += 1
    assert told(lane, views, 2) == ["ann", "bob", "eve"]
    lane.remove(sessions["bob"])
    assert told(lane, views, 3) == ["ann", "eve"]
    second = Session("ann")
    second.behind = False
    lane.add(second)
    assert told(lane, views, 4) == ["ann", "ann", "eve"]


def test_who_is_behind_is_seen_each_time() -> None:
    """A stream that is full is left out while it is, with no word from anybody."""
    views = Views()
    lane = Lane(Tail(0, 0, 10**6, 10**6, Window(100)), views.changes)
    ann, bob = Session("ann"), Session("bob")
    ann.behind = bob.behind = False
    lane.add(ann)
    lane.add(bob)
    assert told(lane, views, 0) == ["ann", "bob"]
    bob.full(1, NOW)
    assert told(lane, views, 1) == ["ann"]
    bob.behind = False
    assert told(lane, views, 2) == ["ann", "bob"]


def test_many_topics_take_no_more_memory_than_a_few() -> None:
    """What was asked long ago is asked again."""
    views, audiences = Views(), Audiences(lambda topic: 0)
    sessions = {"ann": [Session("ann")]}
    for number in range(1_000):
        audiences.of(f"t{number}", views.follows, sessions)
    assert len(audiences) <= 16
