"""`tidings whatif`, also as `tidings replay … --through RULES`."""

from __future__ import annotations

import json as jsonlib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import pyarrow as pa
import structlog
import typer
from rich.console import Console
from rich.table import Table
from tidings_processors.core.record import RecordIn
from tidings_processors.core.rules import BadRules, RuleSet, read_rules
from tidings_replay.commands import report
from tidings_replay.commands.sql import save
from tidings_replay.core.errors import BadOutput
from tidings_replay.core.masking import Mask
from tidings_replay.core.span import parse_bound
from tidings_replay.job import masking_secret
from tidings_schemas.catalogue import Catalogue, load
from tidings_schemas.codec import Codec
from tidings_schemas.logs import configure
from tidings_schemas.registry import Registry
from tidings_schemas.settings import Settings

from tidings.whatif.difference import ADDED, CHANGED, REMOVED, SAME, Difference, difference
from tidings.whatif.page import page
from tidings.whatif.past import Past
from tidings.whatif.simulation import Made, Simulation

_KINDS = (ADDED, REMOVED, CHANGED, SAME)
_SHOWN = 20


def whatif(
    rules: Annotated[Path, typer.Argument(help="The rules to try, YAML.", exists=True, dir_okay=False)],
    topics: Annotated[list[str], typer.Argument(help="Topics of events.")],
    since: Annotated[str, typer.Option("--from", help="As in `tidings replay`.")] = "-1d",
    until: Annotated[str, typer.Option("--to", help="As in `tidings replay`.")] = "latest",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="All rows: .parquet, .csv or .json.")] = None,
    html: Annotated[Path | None, typer.Option(help="All as a page.")] = None,
    personal: Annotated[bool, typer.Option(help="Show users in clear.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the counts as JSON.")] = False,
) -> None:
    """Say who would have got what by other rules, beside what was sent. Nothing is sent.

    Past events go through the processors' own stages, on their own time; who followed what by then counts.

    \b
    Examples:
      tidings whatif rules.new.yaml events.flights --from -1d
      tidings replay events.flights --from -1d --through rules.new.yaml --html whatif.html
    """
    settings, catalogue = Settings(), load()
    tried = _read(rules, catalogue)
    if personal:
        configure("replay")
        structlog.get_logger("audit").info("personal data shown in clear", whatif=str(rules), topics=topics)
    registry = Registry(settings.registry_url, settings.registry_auth.get_secret_value())
    past = Past(settings, Codec(catalogue, registry))
    now = datetime.now(UTC)
    bounds = parse_bound(since, now), parse_bound(until, now)
    names = tuple(topics)
    follows, wishes = past.follows(), past.preferences()
    simulation = Simulation(catalogue, registry, tried, follows, wishes)
    ids: set[str] = set()
    size = past.size(names, *bounds)
    with report.progress_bar(size, report.wants_bar("-", json)) as progress:
        for event in past.events(names, *bounds, progress=lambda read: progress(read, len(ids))):
            simulation.take(event)
            ids.add(_id(event))
    found = difference(past.sent(bounds[0], ids, follows, wishes), simulation.made.notifications)
    if not personal:
        found = _masked(found)
    _tell(found, simulation.made, json)
    about = f"{len(ids):,} events of {', '.join(names)} from {since} to {until}, by {rules.name}"
    for path in _written(found, output, html, about):
        report.say(f"written: {path}")


def _read(rules: Path, catalogue: Catalogue) -> RuleSet:
    try:
        return read_rules(rules.read_text(), catalogue, str(rules))
    except (BadRules, UnicodeDecodeError) as error:
        raise BadOutput(f"these are no rules: {error}") from error


def _id(event: RecordIn) -> str:
    return event._replace(timestamp_ms=0).envelope("").id  # whatever its time is worth


def _masked(found: Difference) -> Difference:
    mask = Mask(masking_secret())
    return replace(found, rows=tuple(replace(row, user=mask.pseudonym(row.user)) for row in found.rows))


def _tell(found: Difference, made: Made, as_json: bool) -> None:
    totals = {kind: found.total(kind) for kind in _KINDS}
    rules = sorted({rule for rule, _ in found.counts})
    if as_json:
        by_rule = {rule: {kind: found.counts.get((rule, kind), 0) for kind in _KINDS} for rule in rules}
        document: dict[str, Any] = {"events": made.events, **totals, "by_rule": by_rule, "silent": made.silent}
        users = {"users_before": found.users_before, "users_after": found.users_after}
        typer.echo(jsonlib.dumps(document | users | {"failed": made.dead}))
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("rule")
    for kind in _KINDS:
        table.add_column(kind, justify="right")
    for rule in rules:
        table.add_row(rule, *(f"{found.counts.get((rule, kind), 0):,}" for kind in _KINDS))
    table.add_row("in all", *(f"{totals[kind]:,}" for kind in _KINDS), style="bold")
    console = Console(highlight=False, markup=False, emoji=False)
    console.print(table)
    for row in found.rows[:_SHOWN]:
        mark = {ADDED: "+", REMOVED: "-", CHANGED: "~"}[row.change]
        text = row.after or row.before if row.change != CHANGED else f"{row.before} → {row.after}"
        console.print(f"{mark} {row.event_time:%m-%d %H:%M}  {row.rule:<24} {row.user:<24} {text}", soft_wrap=True)
    if len(found.rows) > _SHOWN:
        console.print(f"… and {len(found.rows) - _SHOWN:,} more: -o FILE writes them all", style="dim")
    told = f"{found.users_before:,} users were told; {found.users_after:,} would be"
    failed = f"; {made.dead:,} events failed" if made.dead else ""
    report.say(f"{made.events:,} events; {told}{failed}", dim=True)


def _written(found: Difference, output: Path | None, html: Path | None, about: str) -> list[str]:
    written = []
    if output:
        names = ("change", "user", "rule", "event_id", "event_time", "before", "after", "fields")
        columns = {name: [getattr(row, name) for row in found.rows] for name in names}
        kinds = {name: pa.string() for name in names} | {"event_time": pa.timestamp("ms", "UTC")}
        table = pa.table({name: pa.array(columns[name], kinds[name]) for name in names})
        written.append(save(table, output))
    if html:
        html.write_text(page(found, "What if", about), "utf-8")
        written.append(str(html))
    return written
