"""The places that agents have for runs."""

from tidings_processors.transport.lane import Lane


def test_a_lane_has_room_while_every_inbox_has_a_place() -> None:
    """The slowest of the agents on a topic decides when the next run is cut."""
    lane = Lane(["fast", "slow"], places=1)
    assert lane.room
    lane.enter("slow")
    assert not lane.room
    assert (lane.has_place("fast"), lane.has_place("slow")) == (True, False)
    lane.leave("slow")
    assert lane.room


def test_a_lane_without_agents_has_no_room() -> None:
    """Nothing is handed out where nobody would take it."""
    assert not Lane([], places=1).room
