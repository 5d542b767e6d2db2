"""Admission: how many streams may be open."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tidings_gateway.core.admission import Admission, Caps


@pytest.mark.parametrize(
    ("caps", "entering"),
    [
        (Caps(per_user=2, per_address=9, total=9), [("ann", "1"), ("ann", "2")]),
        (Caps(per_user=9, per_address=2, total=9), [("bob", "3"), ("eve", "3")]),
        (Caps(per_user=9, per_address=9, total=2), [("bob", "1"), ("eve", "2")]),
    ],
)
def test_each_cap_holds(caps: Caps, entering: list[tuple[str, str]]) -> None:
    """The one beyond it is refused, until somebody leaves."""
    admission = Admission(caps)
    assert all(admission.enter(*who) for who in entering)
    assert not admission.enter("ann", "3")
    admission.leave(*entering[0])
    assert admission.enter("ann", "3")


def test_an_unknown_address_is_not_counted() -> None:
    """Clients on a Unix socket have none."""
    admission = Admission(Caps(per_user=9, per_address=1, total=9))
    assert admission.enter("ann", "")
    assert admission.enter("bob", "")


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("12")), max_size=40))
def test_when_all_have_left_nothing_remains(who: list[tuple[str, str]]) -> None:
    """Neither counts nor memory."""
    admission = Admission(Caps(3, 3, 5))
    inside = [one for one in who if admission.enter(*one)]
    assert admission.total == len(inside) <= 5
    for one in inside:
        admission.leave(*one)
    assert (admission.total, admission._users, admission._addresses) == (0, {}, {})
