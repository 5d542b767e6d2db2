"""Dead letters of an event, its matches and its drafts. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from .account import Account, Outcome
from .evidence import Evidence, Found, Place


def buried(evidence: Evidence, account: Account, places: Iterable[Place]) -> None:
    """Says what of these records was buried, for the rule or as a whole."""
    sources = {str(place) for place in places}
    for found in evidence.letters:
        if place_of(found) in sources and found.fields["rule"] in (None, account.rule):
            account.say("dead letter", cause_of(found), found.place)
            account.outcome = Outcome.FAILED


def place_of(letter: Found) -> str:
    """The place of what was buried, as `str(Place)` says it."""
    return f"{letter.fields['topic']}/{letter.fields['partition']} offset {letter.fields['offset']}"


def cause_of(letter: Found) -> str:
    """At which stage, and why."""
    return f"at {letter.fields['stage']}: {letter.fields['error_class']}: {letter.fields['error_text']}"
