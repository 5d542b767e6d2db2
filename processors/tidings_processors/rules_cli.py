"""The commands `tidings rules …`: check, list, try, diff, apply."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import unified_diff
from pathlib import Path
from time import time_ns
from typing import Annotated, Any, NoReturn

import orjson
import typer
from confluent_kafka import KafkaException
from tidings_schemas import Preference
from tidings_schemas.catalogue import Catalogue, load
from tidings_schemas.codec import Codec
from tidings_schemas.errors import TidingsError
from tidings_schemas.event import Event
from tidings_schemas.from_json import JsonReader
from tidings_schemas.kafka_errors import unread
from tidings_schemas.registry import Registry

from . import rules_topic
from .core.rules import BadRules, Rule, RuleSet
from .core.trial import Outcome, Trial
from .rule_book import file_rules
from .settings import Settings

rules_app = typer.Typer(
    no_args_is_help=True, help="Check, show, try and change rules.", rich_markup_mode=None, add_completion=False
)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
RuleFile = Annotated[Path | None, typer.Argument(help="A file of rules; default: TIDINGS_RULES, or those that ship.")]


@rules_app.command()
def check(file: RuleFile = None, as_json: Json = False) -> None:
    """Say what is wrong with a file of rules, each mistake with its line and column. Exit code 1 if anything is.

    Example:

        tidings rules check my-rules.yaml
    """
    try:
        rules = file_rules(file or Settings().rules, load())
    except BadRules as error:
        if as_json:
            _print_json({"file": error.source, "problems": [_fields(problem) for problem in error.problems]})
        else:
            print(error)
        raise typer.Exit(1) from None
    except OSError as error:
        _fail(str(error))
    _print_json({"rules": len(rules), "problems": []}) if as_json else print(f"{len(rules)} rules, all sound")


@rules_app.command("list")
def list_rules(
    file: RuleFile = None,
    offline: Annotated[bool, typer.Option("--offline", help="Only the file's; Kafka is not asked.")] = False,
    as_json: Json = False,
) -> None:
    """List the rules in force: the file's, and over them those of the topic `rules`.

    Examples:

        tidings rules list

        tidings rules list --offline --json
    """
    with _told():
        settings, catalogue = Settings(), load()
        base = file_rules(file or settings.rules, catalogue)
        over, wrong = ({}, []) if offline else rules_topic.compiled(settings, catalogue)
    rules = base.overlaid(over).by_name.values()
    if as_json:
        _print_json([{"from": "topic" if rule.name in over else "file"} | _shown(rule) for rule in rules])
    else:
        for rule in rules:
            origin = "topic" if rule.name in over else "file"
            state = "" if rule.enabled else "  (off)"
            print(f"{rule.name:<24} {rule.version}  {origin:<5}  {rule.priority.value:<8}  {rule.event_type}{state}")
    for error in wrong:
        print(f"left out by the workers:\n{error}", file=sys.stderr)


@rules_app.command("try")
def try_rules(
    event: Annotated[Path, typer.Option(help="A CloudEvent as JSON, its record under `data`; - reads standard input.")],
    user: Annotated[str, typer.Option(help="For whom.")],
    file: Annotated[
        Path | None,
        typer.Option("--rules", help="A file of rules; default: those that ship, with --live those in force."),
    ] = None,
    follow: Annotated[
        list[str] | None, typer.Option(help="A topic that the user follows; default: all that the event leads to.")
    ] = None,
    live: Annotated[bool, typer.Option("--live", help="Take the user's follows and preferences from Kafka.")] = False,
    locale: Annotated[str, typer.Option(help="The user's locale.")] = "en",
    time_zone: Annotated[str, typer.Option(help="The user's time zone.")] = "UTC",
    as_json: Json = False,
) -> None:
    """Show what rules would make of an event for a user. Nothing is sent.

    Examples:

        tidings rules try --event delayed.json --user passenger-1 --rules my-rules.yaml --locale de

        tidings rules try --event delayed.json --user passenger-1 --live
    """
    with _told():
        settings, catalogue = Settings(), load()
        one = _event_of(event, catalogue)
        rules = file_rules(file or settings.rules, catalogue)
        if file is None and live:
            rules = rules.overlaid(rules_topic.compiled(settings, catalogue)[0])
        follows = rules_topic.follows_of(settings, user) if live else set(follow) if follow else None
        wishes = _live_wishes(settings, user, catalogue) if live else Preference(user, one.time, locale, time_zone)
        outcomes = Trial(rules, catalogue, follows, wishes).of(one, user, time_ns() // 1_000_000)
    if as_json:
        _print_json([_outcome_fields(outcome) for outcome in outcomes])
        return
    if not outcomes:
        print(f"no rule is about {one.type}")
    for outcome in outcomes:
        _print_outcome(outcome)


@rules_app.command()
def diff(
    file: Annotated[Path, typer.Argument(help="A file of rules.")],
    prune: Annotated[bool, typer.Option("--prune", help="Also withdraw the topic's rules that FILE lacks.")] = False,
    as_json: Json = False,
) -> None:
    """Show what `apply` would change. Exit code 1 if there is anything.

    Example:

        tidings rules diff my-rules.yaml
    """
    with _told():
        changes, now = _changes(file, prune)
    if as_json:
        _print_json(_change_fields(changes, now))
    else:
        _print_changes(changes, now)
    raise typer.Exit(1 if changes else 0)


@rules_app.command()
def apply(
    file: Annotated[Path, typer.Argument(help="A file of rules.")],
    prune: Annotated[bool, typer.Option("--prune", help="Also withdraw the topic's rules that FILE lacks.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Change nothing; like `diff`, but exit code 0.")] = False,
    as_json: Json = False,
) -> None:
    """Put a file's rules in force in all workers, without a restart. A rule replaces that of its name.

    Only a Kafka topic that no rule has named before (`topic:`) is read from the workers' next start on.

    Each worker goes by all of the changes or by none. What a withdrawn rule has on its way is still told, what is held
    of it is not. To silence both, or to switch off a rule that ships, apply it with `enabled: false`.

    Examples:

        tidings rules apply my-rules.yaml

        tidings rules apply my-rules.yaml --prune --yes --json
    """
    with _told():
        changes, now = _changes(file, prune)
        if as_json:
            _print_json(_change_fields(changes, now))
        else:
            _print_changes(changes, now)
        if not changes or dry_run:
            return
        if not yes:
            typer.confirm(f"Put {len(changes)} changes in force?", abort=True)
        rules_topic.put(Settings(), changes)
    if not as_json:
        print(f"{len(changes)} changes are in Kafka; workers take them up within a second")
        if unread := {rule.source_topic for rule in changes.values() if rule and rule.source_topic} - now.source_topics:
            print(f"no worker reads {', '.join(sorted(unread))} yet: start them anew")


def _changes(file: Path, prune: bool) -> tuple[dict[str, Rule | None], RuleSet]:
    """What to put on the topic, by rule name (None: withdraw), and the rules in force now."""
    settings, catalogue = Settings(), load()
    wanted = file_rules(file, catalogue)
    over, _ = rules_topic.compiled(settings, catalogue)
    now = file_rules(settings.rules, catalogue).overlaid(over)
    changes: dict[str, Rule | None] = {
        name: rule
        for name, rule in wanted.by_name.items()
        if name not in now.by_name or now.by_name[name].version != rule.version
    }
    if prune:
        changes |= {name: None for name in rules_topic.texts(settings) if name not in wanted.by_name}
    return changes, now


def _print_changes(changes: dict[str, Rule | None], now: RuleSet) -> None:
    if not changes:
        print("nothing to change")
    for name, rule in changes.items():
        before = rules_topic.text_of(now.by_name[name]) if name in now.by_name else ""
        after = "" if rule is None else rules_topic.text_of(rule)
        lines = unified_diff(
            before.splitlines(), after.splitlines(), f"{name} (in force)", f"{name} (file)", lineterm=""
        )
        print("\n".join(lines))


def _change_fields(changes: dict[str, Rule | None], now: RuleSet) -> list[dict[str, Any]]:
    return [
        {
            "rule": name,
            "change": "withdraw" if rule is None else "change" if name in now.by_name else "add",
            "before": now.by_name[name].version if name in now.by_name else None,
            "after": None if rule is None else rule.version,
        }
        for name, rule in changes.items()
    ]


def _event_of(path: Path, catalogue: Catalogue) -> Event:
    text = sys.stdin.read() if str(path) == "-" else path.read_text()
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        _fail(f"{path}: no JSON: {error}")
    if not isinstance(document, dict):
        _fail(f"{path}: a CloudEvent is a JSON object with type, source, id, subject, time and data")
    return JsonReader(catalogue).event(document, document.get("data"))


def _live_wishes(settings: Settings, user: str, catalogue: Catalogue) -> Preference | None:
    raw = rules_topic.preference_bytes(settings, user)
    if raw is None:
        return None
    codec = Codec(catalogue, Registry(settings.registry_url, settings.registry_auth.get_secret_value()))
    return Preference.from_avro(codec.decode(raw)[1])


def _print_outcome(outcome: Outcome) -> None:
    about = f"{outcome.rule}, by {outcome.topic}" if outcome.topic else outcome.rule
    if outcome.notification is None:
        print(f"{about}: not sent: {outcome.why}")
        return
    told = outcome.notification
    print(f"{about}: would be sent ({told.priority}, {told.kind}, {told.locale})\n  {told.title}")
    for line in told.body.splitlines():
        print(f"  {line}")


def _outcome_fields(outcome: Outcome) -> dict[str, Any]:
    told = outcome.notification.to_avro() if outcome.notification else None
    return {
        "rule": outcome.rule,
        "topic": outcome.topic,
        "sent": told is not None,
        "why": outcome.why,
        "notification": told,
    }


def _shown(rule: Rule) -> dict[str, Any]:
    return {"name": rule.name, "version": rule.version, "enabled": rule.enabled, "spec": rule.spec}


def _fields(problem: Any) -> dict[str, Any]:
    return {"line": problem.line, "column": problem.column, "rule": problem.rule, "message": problem.message}


def _print_json(value: Any) -> None:
    print(orjson.dumps(value, option=orjson.OPT_INDENT_2, default=str).decode())


@contextmanager
def _told() -> Iterator[None]:
    """Errors that a user can do something about, in one sentence."""
    try:
        yield
    except BadRules as error:
        print(error, file=sys.stderr)
        raise typer.Exit(1) from None
    except KafkaException as error:
        _fail(str(unread(error, Settings().bootstrap_servers)))
    except (TidingsError, OSError) as error:
        _fail(str(error))


def _fail(why: str) -> NoReturn:
    print(f"error: {why}", file=sys.stderr)
    raise typer.Exit(1)
