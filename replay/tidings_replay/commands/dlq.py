"""`tidings dlq list | show | stats | redrive | discard`."""

from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import islice
from typing import Annotated, Any

import orjson
import typer
from rich.table import Table
from tidings_schemas.settings import Settings

from tidings_replay.core.errors import BadOutput, NothingThere
from tidings_replay.core.letters import DISCARDED, Letter, Selection, cause, groups, sparkline
from tidings_replay.core.span import Bound, parse_bound, parse_duration
from tidings_replay.letterbox import Letterbox
from tidings_replay.writers.lines import plain

from . import report

_ERROR = 60  # characters of an error in the list; `show` has all of it

dlq_app = typer.Typer(
    help="Look at dead letters, find their causes, put them back after a fix.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

Class = Annotated[list[str] | None, typer.Option("--class", help="Error class, such as UndecodableValue.")]
Stage = Annotated[list[str] | None, typer.Option(help="Stage that gave up: match, fan-out, deliver …")]
TopicName = Annotated[list[str] | None, typer.Option("--topic", help="Topic that the record lay in.")]
Rule = Annotated[list[str] | None, typer.Option(help="Rule that failed.")]
Text = Annotated[str, typer.Option("--text", help="Regular expression over the error's text.")]
Since = Annotated[str, typer.Option("--from", help="As in `tidings replay`: -2h, a time, an offset.")]
Until = Annotated[str, typer.Option("--to", help="The same forms.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
State = Annotated[str, typer.Option(help="open, redriven, discarded or any.")]


@dlq_app.command("list")
def list_(
    class_: Class = None, stage: Stage = None, topic: TopicName = None, rule: Rule = None, text: Text = "",
    since: Since = "earliest", until: Until = "latest", state: State = "open",
    limit: Annotated[int, typer.Option(help="At most so many, the newest.")] = 50, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Dead letters, oldest first.

    \b
    Examples:
      tidings dlq list --from -1d --class UndecodableValue
      tidings dlq list --text 'delay_minutes' --state any --json
    """
    wanted = _selection(class_, stage, topic, rule, text, state)
    chosen = list(_chosen(wanted, since, until))
    shown = chosen[-limit:]
    if as_json:
        typer.echo(_json([document(one) for one in shown]))
        return
    _print_list(shown)
    more = f", the newest {limit} shown" if len(chosen) > limit else ""
    report.say(f"{len(chosen):,} dead letters{more}", dim=True)


def _print_list(letters: list[Letter]) -> None:
    """One line for each; only the error is cut to what is left of the terminal's width."""
    names = ("offset", "at", "record", "stage", "put back", "state", "error")
    rows = [_line(one) for one in letters]
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name, column in zip(names, zip(*rows, strict=True) if rows else ((),) * len(names), strict=True):
        width = None if name == "error" else max(map(len, (name, *column)))
        table.add_column(name, overflow="ellipsis", no_wrap=True, min_width=width)
    for row in rows:
        table.add_row(*row)
    report.show(table)


def _line(one: Letter) -> tuple[str, ...]:
    letter = one.letter
    error = f"{letter.error_class}: {letter.error_text}"[:_ERROR]
    at = f"{letter.at:%Y-%m-%d %H:%M:%S}"
    return str(one.place), at, one.source, letter.stage, str(letter.redrives), one.state, error


@dlq_app.command()
def show(place: Annotated[int, typer.Argument(help="Offset in dead-letters.")], as_json: AsJson = False) -> None:
    """One dead letter with everything that is known of it: headers, bytes, cause, what became of it.

    \b
    Examples:
      tidings dlq show 17
      tidings dlq show 17 --json
    """
    found = [one for one in Letterbox(Settings()).letters(*_span(str(place), str(place + 1))) if one.place == place]
    if not found:
        raise NothingThere(f"there is no dead letter at offset {place}; `tidings dlq list` shows those that are")
    detail = document(found[0], whole=True)
    if as_json:
        typer.echo(_json(detail))
        return
    for name, value in detail.items():
        typer.echo(f"{name + ':':<14}{value if isinstance(value, str) else _json(value, indent=False)}")


@dlq_app.command()
def stats(
    by: Annotated[str, typer.Option(help="cause, class, stage, topic or rule.")] = "cause",
    per: Annotated[str, typer.Option(help="Width of the buckets of time.")] = "1h",
    class_: Class = None, stage: Stage = None, topic: TopicName = None, rule: Rule = None, text: Text = "",
    since: Since = "earliest", until: Until = "latest", state: State = "any", as_json: AsJson = False,
) -> None:  # fmt: skip
    """Dead letters grouped by cause, with counts over time.

    \b
    Examples:
      tidings dlq stats
      tidings dlq stats --by stage --per 15m --from -1d --json
    """
    if by not in ("cause", "class", "stage", "topic", "rule"):
        raise BadOutput(f"--by {by!r}: there are cause, class, stage, topic, rule")
    seconds = max(1, int(parse_duration(per).total_seconds()))
    found = groups(_chosen(_selection(class_, stage, topic, rule, text, state), since, until), by, seconds)
    if as_json:
        typer.echo(_json([_group(g) for g in found]))
        return
    buckets = [at for g in found for at in g.over_time]
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column(by, max_width=70)
    for name in ("count", "open", "e. g."):
        table.add_column(name, justify="right")
    for name in ("first", "last", "over time"):
        table.add_column(name)
    for g in found:
        line = sparkline(g.over_time, min(buckets), max(buckets), seconds)
        first, last = (f"{at:%m-%d %H:%M}" if at else "" for at in (g.first, g.last))
        table.add_row(g.name, f"{g.count:,}", f"{g.open:,}", str(g.example), first, last, line)
    report.show(table)


@dlq_app.command()
def redrive(
    places: Annotated[list[int] | None, typer.Argument(help="Offsets in dead-letters; none = by the options.")] = None,
    class_: Class = None, stage: Stage = None, topic: TopicName = None, rule: Rule = None, text: Text = "",
    since: Since = "earliest", until: Until = "latest",
    max_redrives: Annotated[int, typer.Option(min=1, help="A record goes back so often at most.")] = 3,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every open one, without another choice.")] = False,
    dry_run: Annotated[bool, typer.Option(help="Say what would be put back.")] = False, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Put records back where they lay, after a fix: in order per key, marked, never for ever.

    Run it again to go on with a redrive that was interrupted: what is back already is not sent twice.

    \b
    Examples:
      tidings dlq redrive --class UnknownSchemaId --from -1d --dry-run
      tidings dlq redrive --rule delayed-30
      tidings dlq redrive 17 18
    """
    wanted = _selection(class_, stage, topic, rule, text, "open", places)
    if wanted == Selection() and since == "earliest" and until == "latest" and not everything:
        raise BadOutput("say which: by --class, --stage, --topic, --rule, --text, --from, offsets, or --all")
    bounds = _span(since, until)
    with report.progress_bar(limit, report.wants_bar("-", as_json)) as progress:
        done = Letterbox(Settings()).redrive(
            wanted, cap=max_redrives, limit=limit, since=bounds[0], until=bounds[1], dry_run=dry_run,
            progress=lambda count: progress(count, count),
        )  # fmt: skip
    skipped = [{"offset": s.place, "why": s.why} for s in done.skipped]
    if as_json:
        typer.echo(_json({"redriven": done.sent, "skipped": skipped, "dry_run": dry_run}))
        return
    typer.echo(f"{len(done.sent):,} records {'would be' if dry_run else 'are'} back in their topics")
    for s in islice(done.skipped, 20):
        typer.echo(f"left: dead letter {s.place}: {s.why}")


@dlq_app.command()
def discard(
    places: Annotated[list[int] | None, typer.Argument(help="Offsets in dead-letters; none = by the options.")] = None,
    class_: Class = None, stage: Stage = None, topic: TopicName = None, rule: Rule = None, text: Text = "",
    since: Since = "earliest", until: Until = "latest",
    reason: Annotated[str, typer.Option(help="Why; it is kept with them.")] = "", as_json: AsJson = False,
) -> None:  # fmt: skip
    """Mark dead letters as done with: they are no longer open, and no redrive takes them.

    \b
    Example:
      tidings dlq discard --class OversizeValue --reason 'the producer was fixed'
    """
    wanted = _selection(class_, stage, topic, rule, text, "open", places)
    if wanted == Selection():
        raise BadOutput("say which: by --class, --stage, --topic, --rule, --text or offsets")
    chosen = [one.place for one in _chosen(wanted, since, until)]
    count = Letterbox(Settings()).discard(chosen, reason, state=DISCARDED)
    typer.echo(_json({"discarded": chosen}) if as_json else f"{count:,} dead letters are discarded")


def _selection(
    classes: list[str] | None, stages: list[str] | None, topics: list[str] | None, rules: list[str] | None,
    text: str, state: str, places: list[int] | None = None,
) -> Selection:  # fmt: skip
    if state not in ("open", "redriven", "discarded", "any"):
        raise BadOutput(f"--state {state!r}: there are open, redriven, discarded, any")
    return Selection(
        frozenset(classes or ()), frozenset(stages or ()), frozenset(topics or ()), frozenset(rules or ()), text,
        frozenset(places or ()), "" if state == "any" else state,
    )  # fmt: skip


def _span(since: str, until: str) -> tuple[Bound, Bound]:
    now = datetime.now(UTC)
    return parse_bound(since, now), parse_bound(until, now)


def _chosen(wanted: Selection, since: str, until: str) -> Iterable[Letter]:
    return (one for one in Letterbox(Settings()).letters(*_span(since, until)) if wanted.takes(one))


def document(one: Letter, whole: bool = False) -> dict[str, Any]:
    """A letter as JSON; `whole` with bytes and headers."""
    letter = one.letter
    shown: dict[str, Any] = {
        "offset": one.place,
        "state": one.state,
        "at": letter.at,
        "record": one.source,
        "key": None if letter.key is None else letter.key.decode(errors="replace"),
        "stage": letter.stage,
        "rule": letter.rule,
        "error_class": letter.error_class,
        "error_text": letter.error_text,
        "redrives": letter.redrives,
    }
    if whole:
        kept = letter.value or b""
        shown |= {
            "cause": cause(letter),
            "note": one.note,
            "headers": {
                h["name"]: None if h["value"] is None else h["value"].decode(errors="replace") for h in letter.headers
            },
            "bytes": f"{len(kept):,} of {letter.value_size:,} kept",
            "value": letter.value,
            "hex": kept[:64].hex(" ") + (" …" if len(kept) > 64 else ""),
        }
    return shown


def _group(group: Any) -> dict[str, Any]:
    return {
        "name": group.name,
        "count": group.count,
        "open": group.open,
        "first": group.first,
        "last": group.last,
        "stages": dict(group.stages),
        "over_time": {at.isoformat(): n for at, n in sorted(group.over_time.items())},
        "example": group.example,
    }


def _json(value: Any, indent: bool = True) -> str:
    option = orjson.OPT_UTC_Z | (orjson.OPT_INDENT_2 if indent else 0)
    return orjson.dumps(value, default=plain, option=option).decode()
