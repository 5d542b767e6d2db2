"""The places that agents have for runs."""

from tidings_processors.transport.lane import Lane


def test_a_lane_has_room_while_every_inbox_has_a_place() -> None:
    """The slowest of the agents on a topic decides when the next run is cut."""
    lane = Lane(["fast", "slow"], places=1)
    assert lane.room
    lane.enter("slow")
    assert not lane.room
    lane.leave("slow")
    assert lane.room


def test_a_lane_without_agents_has_no_room() -> None:
    """Nothing is handed out where nobody would take it."""
    assert not Lane([], places=1).room


def test_places_are_counted_for_each_inbox() -> None:
    """With two places, the second run of the same agent takes the last one."""
    lane = Lane(["one", "other"], places=2)
    for _ in range(2):
        assert lane.room
        lane.enter("one")
        lane.enter("other")
    assert not lane.room
    lane.leave("one")
    assert not lane.room
    lane.leave("other")
    assert lane.room
