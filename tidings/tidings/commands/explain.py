"""`tidings explain`."""

from __future__ import annotations

import json as jsonlib
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from confluent_kafka import KafkaException
from tidings_processors import rules_topic
from tidings_processors.core.rules import RuleSet
from tidings_processors.rule_book import file_rules
from tidings_processors.settings import Settings
from tidings_replay.commands import report
from tidings_replay.core.span import parse_bound
from tidings_schemas.catalogue import Catalogue, load
from tidings_schemas.codec import Codec
from tidings_schemas.errors import Permanent
from tidings_schemas.kafka_errors import unread
from tidings_schemas.registry import Registry

from tidings.explain.account import Account, Finding
from tidings.explain.evidence import Evidence, Found
from tidings.explain.reasons import about_event, accounts, topics_of
from tidings.explain.search import Search

_INDENT = 13


class NotFound(Permanent):
    """What is to be explained is not within the span."""


def explain(
    notification: Annotated[str, typer.Argument(help="A notification's id; or else --event and --user.")] = "",
    event: Annotated[str, typer.Option("--event", help="An event's id (`ce_id`, or topic:partition:offset).")] = "",
    user: Annotated[str, typer.Option("--user", "-u", help="The user whom the event may have concerned.")] = "",
    source: Annotated[str, typer.Option(help="The event's `ce_source`, if several have the id.")] = "",
    since: Annotated[str, typer.Option("--from", help="How far back to look, as in `tidings replay`.")] = "-1d",
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say what became of an event for a user: at each stage, and why.

    Reads the topics from the event on, and asks the processors' own rules. Nothing is written.

    \b
    Examples:
      tidings explain 5d1f3c1e-0c0b-5a57-9a53-3b0b0c2f6a11
      tidings explain --event UA1545-2013-01-10-delayed --user passenger-1 --from -6h
      tidings explain --event 4711 --user ann --json | jq '.events[].rules[] | {rule, outcome}'
    """
    if bool(notification) == bool(event and user):
        raise typer.BadParameter("name a notification's id, or both --event and --user")
    settings, catalogue = Settings(), load()
    registry = Registry(settings.registry_url, settings.registry_auth.get_secret_value())
    with report.progress_bar(None, report.wants_bar("", json)) as progress:
        bound = parse_bound(since, datetime.now(UTC))
        search = Search(settings, Codec(catalogue, registry), bound, lambda read: progress(read, 0))
        rules = _rules(settings, catalogue)
        wanted: str | None = source or None
        if notification:
            user, event, wanted = _of_notification(search, notification, since)
        found = [] if not event else _evidence(search, rules, user, event, wanted, since)
        parts = search.decided_into(user, notification) if notification else []
    if not found and not parts:
        raise NotFound(_not_found(search, rules, event, since))
    _print_json(user, notification, found, parts, rules) if json else _print(user, notification, found, parts, rules)


def _of_notification(search: Search, notification: str, since: str) -> tuple[str, str, str | None]:
    told = search.notification(notification)
    if told is None:
        raise NotFound(
            f"no notification {notification} was told, held or shared since {since}: looked on notifications and "
            "decisions; look further back with --from, or name --event and --user"
        )
    return told.user, told.event_id, told.event_source


def _evidence(search: Search, rules: RuleSet, user: str, event: str, source: str | None, since: str) -> list[Evidence]:
    found = [
        search.evidence(one, user) for one in search.events(event, search.event_topics(rules.source_topics), source)
    ]
    for evidence in found:
        evidence.follows = search.follows(user, topics_of(evidence, rules))
    return found


def _not_found(search: Search, rules: RuleSet, event: str, since: str) -> str:
    topics = ", ".join(search.event_topics(rules.source_topics)) or "no topic of events"
    return f"no event {event} since {since} on {topics}; look further back with --from -7d or --from earliest"


def _rules(settings: Settings, catalogue: Catalogue) -> RuleSet:
    try:
        over, _ = rules_topic.compiled(settings, catalogue)
    except KafkaException as error:
        raise unread(error, settings.bootstrap_servers) from error
    return file_rules(settings.rules, catalogue).overlaid(over)


def _print_json(user: str, notification: str, found: list[Evidence], parts: list[Found], rules: RuleSet) -> None:
    document: dict[str, Any] = {"user": user, "notification": notification or None}
    document["events"] = [_event_json(evidence, rules) for evidence in found]
    document["stands_for"] = [{"id": part.fields["id"], "event_id": part.fields["event_id"]} for part in parts]
    typer.echo(jsonlib.dumps(document))


def _event_json(evidence: Evidence, rules: RuleSet) -> dict[str, Any]:
    event, envelope = evidence.event, evidence.event.envelope
    return {
        "id": envelope.id,
        "source": envelope.source,
        "type": event.name,
        "subject": envelope.subject,
        "topic": event.place.topic,
        "partition": event.place.partition,
        "offset": event.place.offset,
        "at": event.place.at.isoformat(),
        "findings": [finding.as_json() for finding in about_event(evidence)],
        "rules": [account.as_json() for account in accounts(evidence, rules)],
    }


def _print(user: str, notification: str, found: list[Evidence], parts: list[Found], rules: RuleSet) -> None:
    for evidence in found:
        event = evidence.event
        typer.echo(f"event {event.envelope.id} of {event.envelope.source}: {event.name or 'unknown'}")
        typer.echo(f"  {event.place}, {event.place.at:%Y-%m-%d %H:%M:%S} UTC; for {user}")
        _print_findings(about_event(evidence))
        told = accounts(evidence, rules)
        for account in told:
            _print_account(account)
        if not told:
            typer.echo("\nno rule is about such events")
    if parts:
        typer.echo(f"{notification} stands for {len(parts)}:")
        for part in parts:
            typer.echo(f"  {part.fields['id']} of event {part.fields['event_id']} ({part.fields['rule']})")


def _print_account(account: Account) -> None:
    typer.echo(f"\n{account.rule}: {account.outcome}")
    _print_findings(account.findings)


def _print_findings(findings: list[Finding]) -> None:
    before = ""
    for finding in findings:
        stage = finding.stage if finding.stage != before else ""
        where = f"  [{finding.place}, {finding.place.at:%H:%M:%S}]" if finding.place else ""
        typer.echo(f"  {stage:<{_INDENT}}{finding.text}{where}")
        before = finding.stage
