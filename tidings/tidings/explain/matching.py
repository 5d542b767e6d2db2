"""The first stage: whether a rule matched, and why. Pure."""

from __future__ import annotations

from tidings_processors.core.audience import Followers
from tidings_processors.core.match import attributes
from tidings_processors.core.rules import Rule

from .account import Account, Outcome
from .evidence import Evidence, Found
from .wording import listed, nothing_on


def matched(
    evidence: Evidence, account: Account, rule: Rule | None, matches: list[Found], drafts: list[Found]
) -> list[str]:
    """Says whether the rule matched; returns the followed topics that it leads to."""
    topics = [] if rule is None else _today(evidence, account, rule)
    written = [*matches, *(draft for draft in drafts if draft.fields["topic"] is None)]
    if rule is None:
        account.say("match", "there is no such rule any more")
    elif written and written[0].fields["rule_version"] != rule.version:
        then, now = written[0].fields["rule_version"], rule.version
        account.say("match", f"the rule has changed since: {then} matched, {now} is in force")
    for found in matches:
        account.say("match", f"a match for {found.fields['topic']}", found.place)
    if written:
        account.outcome = Outcome.UNKNOWN  # whatever today's rule would say
        return list(dict.fromkeys(found.fields["topic"] for found in matches))
    if account.outcome is Outcome.UNKNOWN and topics:
        account.say("match", nothing_on("matches", evidence))
    return topics


def _today(evidence: Evidence, account: Account, rule: Rule) -> list[str]:
    """What the rule, as it is now, makes of the event: the condition's value, and whom it is for."""
    event = evidence.event
    if not rule.enabled:
        account.say("match", "the rule is switched off")
    variables = {"event": attributes(event.envelope), **event.fields}
    try:
        holds = rule.condition is None or rule.condition.holds(variables)
        if rule.condition is not None:
            needs = (name for name in rule.condition.needs if name in event.fields)
            values = ", ".join(f"{name} = {event.fields[name]!r}" for name in needs)
            account.say("match", f"{rule.condition.text} is {str(holds).lower()}{f' ({values})' if values else ''}")
        if not holds or not rule.enabled:
            account.outcome = Outcome.NO_MATCH
            return []
        return _audience(evidence, account, rule)
    except Exception as error:  # whatever a condition or an audience raises for this event
        account.say("match", f"the rule fails for this event: {error}")
        account.outcome = Outcome.FAILED
        return []


def _audience(evidence: Evidence, account: Account, rule: Rule) -> list[str]:
    if isinstance(rule.audience, Followers):
        topics = rule.audience.topics(evidence.event.fields)
        account.say(
            "match", f"for the followers of {listed(topics)}" if topics else "a field is null: it is for nobody"
        )
        if not topics:
            account.outcome = Outcome.NOT_MEANT
        return topics
    users = rule.audience.users(evidence.event.fields)
    if evidence.user in users:
        account.say("match", f"the event's {rule.audience.field} names {evidence.user}")
    else:
        account.say("match", f"the event's {rule.audience.field} names {listed(users)}, not {evidence.user}")
        account.outcome = Outcome.NOT_MEANT
    return []
