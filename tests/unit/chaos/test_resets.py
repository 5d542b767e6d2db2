"""Each reason of a reset, held against what was asked for."""

import pytest
from tidings_chaos.core.checker import check
from tidings_chaos.core.history import (
    Bounds,
    Framed,
    Opened,
)
from tidings_chaos.core.verdict import Invariant

from tests.unit.chaos.honest import EPOCH, cursor
from tests.unit.chaos.spoilt import Entries

ELSEWHERE = "f0f1f2f3f4f5"  # the epoch of another topic of that name
LOW, HIGH = 2, 10
#: What a reset may say → a cursor of which that is true, and no other reason is.
ASKED = {
    "malformed": "v1.nonsense",
    "recreated": cursor(5, epoch=ELSEWHERE),
    "partition": cursor(5, partition=1),
    "expired": cursor(LOW - 1),
    "future": cursor(HIGH + 1),
    "nothing": cursor(5),
}
REASONS = [reason for reason in ASKED if reason != "nothing"]


def reset_of(asked: str, reason: str) -> Entries:
    """A client comes with a cursor and is reset; partition 0 of `notifications` holds offsets from LOW to HIGH."""
    reset = Framed(1.1, "ann", "reset", cursor(HIGH), reason=reason)
    ready = Framed(1.2, "ann", "ready", cursor(HIGH))
    return [Opened(1.0, "ann", "ann", asked), reset, ready, Bounds(0, LOW, HIGH, EPOCH)]


@pytest.mark.parametrize("reason", REASONS)
def test_a_reset_is_honest_when_its_reason_holds(reason: str) -> None:
    """What was asked for cannot be given, and why is said."""
    assert check(reset_of(ASKED[reason], reason)).clean


@pytest.mark.parametrize("reason", [*REASONS, "slow", "too-far"])
@pytest.mark.parametrize("truth", ASKED)
def test_a_reset_lies_when_its_reason_does_not_hold(reason: str, truth: str) -> None:
    """Each reason is held against what was asked: also where another one would have been true."""
    if reason != truth:
        assert Invariant.FALSE_GAP in check(reset_of(ASKED[truth], reason)).broken


@pytest.mark.parametrize("reason", [*REASONS, "slow", "too-far"])
def test_who_asked_for_nothing_is_not_reset(reason: str) -> None:
    """Without a cursor the client stands nowhere, so nothing can be kept from it."""
    assert Invariant.FALSE_GAP in check(reset_of("", reason)).broken
