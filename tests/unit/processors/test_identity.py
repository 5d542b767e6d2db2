"""Notification ids: the same at every replay, and never the same for two things."""

import uuid

from hypothesis import given
from hypothesis import strategies as st
from tidings_processors.core.identity import NAMESPACE, notification_id, packed
from tidings_processors.core.window import Window

PRINTABLE = st.text(st.characters(blacklist_categories=["Cc", "Cs"]), min_size=1, max_size=20)


@given(PRINTABLE, PRINTABLE, PRINTABLE, st.text(st.characters(blacklist_categories=["Cs"]), min_size=1, max_size=20))
def test_an_id_is_the_uuid5_of_its_layout(source: str, event_id: str, rule: str, user: str) -> None:
    """`uuid.uuid5` is the judge of what `hashlib` was made to do."""
    wanted = uuid.uuid5(uuid.UUID(bytes=NAMESPACE), f"{source}\n{event_id}\n{rule}\n{user}")
    assert notification_id(source, event_id, rule, user) == str(wanted)
    assert packed(str(wanted)) == wanted.bytes


def test_an_id_stays_what_it_was() -> None:
    """Ids that were written once must be made again by every later version."""
    assert notification_id("/flights/nyc", "e-1", "flight-delayed", "ann") == "b3c67dfd-f044-536b-9491-771193eb2b13"


def test_a_window_knows_its_last_ids_and_forgets_the_oldest() -> None:
    ids = [str(uuid.UUID(int=number)) for number in range(4)]
    window = Window(3)
    assert [window.add(i) for i in ids] == [True] * 4
    assert window.add(ids[3]) is False
    assert [i in window for i in ids] == [False, True, True, True]
    assert len(window) == 3


def test_a_window_knows_whether_any_id_was_for_all_until_it_forgets_it() -> None:
    window = Window(2)
    known = []
    for number, for_all in enumerate((False, True, False, False)):
        window.add(str(uuid.UUID(int=number)), for_all)
        known.append(window.knows_any_for_all)
    assert known == [False, True, True, False]


def test_a_window_takes_ids_of_any_form() -> None:
    """A device's own id need be no UUID."""
    window = Window(3)
    assert window.add("my receipt")
    assert "my receipt" in window
    assert "another" not in window
