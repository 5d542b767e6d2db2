"""Evidence and rules → an account of each rule. Pure: the why comes from the processors' own core.

What is written down counts before what today's rules and follows would say: they may have changed since.
"""

from __future__ import annotations

from contextlib import suppress

from tidings_processors.core.audience import Followers
from tidings_processors.core.rules import Rule, RuleSet
from tidings_schemas.topics import EVENTS_PREFIX

from .account import Account, Finding, Outcome
from .evidence import Evidence
from .following import fanned_out
from .letters import buried, cause_of, place_of
from .matching import matched
from .telling import delivered


def topics_of(evidence: Evidence, rules: RuleSet) -> list[str]:
    """The followed topics that the event leads to, or led to: whose follows are worth looking up."""
    topics = {found.fields["topic"]: None for found in evidence.matches}
    for rule in _about(evidence, rules).values():
        if isinstance(rule.audience, Followers):
            with suppress(Exception):  # the account of the rule says it
                topics |= dict.fromkeys(rule.audience.topics(evidence.event.fields))
    return list(topics)


def about_event(evidence: Evidence) -> list[Finding]:
    """What concerns the event whatever the rules: that it cannot be decoded, or was buried as a whole."""
    event = evidence.event
    findings = [Finding("event", f"it cannot be decoded: {event.error}", event.place)] if event.error else []
    whole = [
        found for found in evidence.letters if found.fields["rule"] is None and place_of(found) == str(event.place)
    ]
    return findings + [Finding("dead letter", cause_of(found), found.place) for found in whole]


def accounts(evidence: Evidence, rules: RuleSet) -> list[Account]:
    """An account of each rule that is about such events, or was when it came; those that led somewhere first."""
    about = _about(evidence, rules)
    written = {found.fields["rule"]: None for found in (*evidence.matches, *evidence.drafts)}
    names = dict.fromkeys([*written, *about])
    told = [_account(evidence, name, about.get(name)) for name in names]
    return sorted(told, key=lambda account: account.outcome in (Outcome.NO_MATCH, Outcome.NOT_MEANT))


def _about(evidence: Evidence, rules: RuleSet) -> dict[str, Rule]:
    event = evidence.event
    source = None if event.place.topic.startswith(EVENTS_PREFIX) else event.place.topic
    return {r.name: r for r in rules.by_name.values() if (r.event_type, r.source_topic) == (event.name, source)}


def _account(evidence: Evidence, name: str, rule: Rule | None) -> Account:
    account = Account(name)
    matches = [found for found in evidence.matches if found.fields["rule"] == name]
    drafts = [found for found in evidence.drafts if found.fields["rule"] == name]
    topics = matched(evidence, account, rule, matches, drafts)
    buried(evidence, account, [evidence.event.place, *(found.place for found in (*matches, *drafts))])
    reached = fanned_out(evidence, account, topics, matches, drafts)
    delivered(evidence, account, topics, drafts, reached)
    return account
