"""Who gets which of the records that come together."""

from hypothesis import given
from hypothesis import strategies as st
from tidings_gateway.core.lane import Lane
from tidings_gateway.core.record import Message, Record
from tidings_gateway.core.session import Session
from tidings_gateway.core.tail import Tail
from tidings_gateway.core.window import Window

NOW = 100.0
USERS = ["ann", "bob", "eve"]
FOLLOWED = {("ann", "t1"), ("bob", "t1"), ("bob", "t2")}
RECORDS = st.lists(
    st.tuples(st.sampled_from([*USERS, "absent"]), st.sampled_from(["", "", "t1", "t2", "t3"]), st.booleans()),
    max_size=12,
)


def follows(user: str, topic: str) -> bool:
    return (user, topic) in FOLLOWED


def record(offset: int, user: str, topic: str, expired: bool) -> Record:
    name, owner = f"id-{offset}", "" if topic else user
    expires_at = NOW - 1 if expired else None
    message = Message("notification", name, b"{}", owner, topic, expires_at=expires_at)
    return Record(offset, owner, topic, name.encode(), b"x", lambda u, v: message)


def lane() -> tuple[Lane, list[Session]]:
    """Two sessions for each user, of which eve's second is behind."""
    made, sessions = Lane(Tail(0, 0, 10**6, 10**6, Window(100)), changes=lambda topic: 0), []
    for user in USERS * 2:
        session = Session(user)
        session.behind = user == "eve" and len(sessions) > 3
        made.add(session)
        sessions.append(session)
    return made, sessions


@given(RECORDS)
def test_records_together_reach_whom_they_reach_one_by_one(drawn: list[tuple[str, str, bool]]) -> None:
    """Each session the same records in the same order, whether they are its user's own or shared."""
    records = [record(offset, *fields) for offset, fields in enumerate(drawn)]
    assert given_to(lane(), [records]) == given_to(lane(), [[single] for single in records])


def given_to(pair: tuple[Lane, list[Session]], batches: list[list[Record]]) -> list[list[int]]:
    """The offsets that each session gets, in order."""
    made, sessions = pair
    got: dict[int, list[int]] = {id(session): [] for session in sessions}
    for batch in filter(None, batches):
        for delivery in made.deliveries(batch, follows, NOW):
            assert delivery.records
            for session in delivery.sessions:
                got[id(session)] += [one.offset for one in delivery.records]
    return [got[id(session)] for session in sessions]


def test_followers_of_the_same_topics_share_one_delivery() -> None:
    """So that what is written to them is encoded once."""
    made, _ = lane()
    deliveries = made.deliveries([record(0, "", "t1", False), record(1, "", "t1", False)], follows, NOW)
    assert [(len(one.records), len(one.sessions)) for one in deliveries] == [(2, 4)]
