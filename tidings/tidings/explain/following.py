"""The second stage: how a match reached the user, or why it did not. Pure."""

from __future__ import annotations

from tidings_schemas.identity import is_marked

from .account import Account, Outcome
from .evidence import Evidence, FollowChange, Found
from .wording import timed


def fanned_out(
    evidence: Evidence, account: Account, topics: list[str], matches: list[Found], drafts: list[Found]
) -> bool:
    """Says how it reached the user, or why not; returns whether it did."""
    if account.outcome in (Outcome.NO_MATCH, Outcome.NOT_MEANT):
        return False
    own = [draft for draft in drafts if draft.key == evidence.user.encode()]
    for draft in own:
        way = "the event names the user" if draft.fields["topic"] is None else f"follows {draft.fields['topic']}"
        account.say("fan-out", f"a draft for {evidence.user}: {way}", draft.place)
    followed = False
    for topic in topics:
        followed |= _by_topic(evidence, account, topic, drafts, bool(own))
    if own or followed or not topics:
        return bool(own) or followed
    if matches and not drafts and account.outcome is not Outcome.FAILED:
        account.outcome = Outcome.NOT_MEANT
    return False


def _by_topic(evidence: Evidence, account: Account, topic: str, drafts: list[Found], own: bool) -> bool:
    shared = [draft for draft in drafts if not draft.key and draft.fields["topic"] == topic]
    for draft in shared:
        excepted = is_marked(evidence.user, draft.excepted)
        account.say(
            "fan-out",
            f"{topic} has so many followers that they share a draft"
            + (f"; {evidence.user} has wishes of their own and is excepted" if excepted else ""),
            draft.place,
        )
    changes = [change for change in evidence.follows if change.topic == topic]
    text, follows = _follow(evidence, topic, changes)
    if not own or shared:
        account.say("fan-out", text)
    if not follows and not own:
        account.outcome = Outcome.NOT_MEANT
    return follows


def _follow(evidence: Evidence, topic: str, changes: list[FollowChange]) -> tuple[str, bool]:
    """In words, and whether the user followed when the event came."""
    user, at = evidence.user, evidence.event.place.at
    before = [change for change in changes if (change.since or change.at) <= at]
    after = [change for change in changes if change not in before]
    if before and before[-1].since is not None:
        return f"{user} has followed {topic} since {timed(before[-1].since)}", True
    if before:
        return f"{user} ended following {topic} at {timed(before[-1].at)}, before the event", False
    if after and after[0].since is not None:
        return f"{user} began to follow {topic} at {timed(after[0].since)}, after the event", False
    if after:
        return f"{user} followed {topic} until {timed(after[0].at)}; since when is no longer known", True
    return f"{user} does not follow {topic}", False
