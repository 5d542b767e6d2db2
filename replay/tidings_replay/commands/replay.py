"""`tidings replay`."""

import os
import secrets
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated, Any

import orjson
import typer
from tidings_schemas.settings import Settings

from tidings_replay import outputs
from tidings_replay.core.errors import BadOutput, BadSpan
from tidings_replay.core.pacing import parse_speed
from tidings_replay.core.plan import Plan
from tidings_replay.core.resume import Checkpoint, parse_token
from tidings_replay.core.span import parse_bound
from tidings_replay.job import Job, masking_secret
from tidings_replay.parallel import Fleet, workers_for
from tidings_replay.request import Request, from_document
from tidings_replay.session import Outcome, Session
from tidings_replay.topics import plan_topics

from . import report

_EXAMPLES = """Examples:
  tidings replay events.flights --from -2h
  tidings replay events.flights --where 'event.delay_minutes > 60'
  tidings replay notifications --user passenger-1 --limit 20
  tidings replay events.flights --from -1d -o day.parquet
  tidings replay events.flights -o export/ --partition-by type,date
  tidings replay events.flights --speed 60 --ordered
  tidings replay events.flights -o kafka:sandbox.events.flights --personal
  tidings replay --resume r1.eJw...
"""


def replay(
    topics: Annotated[list[str] | None, typer.Argument(help="Topics, without the namespace.")] = None,
    since: Annotated[
        str, typer.Option("--from", help="Time (UTC), -2h, offset, 0:12,3:99, -500 (the last 500), earliest.")
    ] = "earliest",
    until: Annotated[str, typer.Option("--to", help="The same forms; not included.")] = "latest",
    where: Annotated[str, typer.Option(help="CEL, such as 'event.delay_minutes > 60'.")] = "",
    user: Annotated[list[str] | None, typer.Option(help="Only of these users.")] = None,
    type_: Annotated[list[str] | None, typer.Option("--type", help="Event type; short name or pattern.")] = None,
    key: Annotated[list[str] | None, typer.Option(help="Only of these Kafka keys.")] = None,
    partitions: Annotated[str, typer.Option(help="Only these: 0,3.")] = "",
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many rows.")] = None,
    sample: Annotated[float, typer.Option(help="Keep this part of the records, the same at each run.")] = 1.0,
    output: Annotated[
        str,
        typer.Option(
            "--output", "-o", help="File (.jsonl .csv .avro .parquet .duckdb), folder/, kafka:TOPIC, http://…"
        ),
    ] = "",
    format_: Annotated[str, typer.Option("--format", help="table, jsonl, csv, avro, parquet or duckdb.")] = "",
    partition_by: Annotated[str, typer.Option(help="Folders by type, topic, partition, date, hour or a field.")] = "",
    speed: Annotated[str, typer.Option(help="1 = as it was, 60 = a minute a second, max.")] = "max",
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what arrives.")] = False,
    ordered: Annotated[bool, typer.Option(help="One order of time over all partitions.")] = False,
    personal: Annotated[
        bool, typer.Option(help="Show personal data in clear; it is written to the audit log.")
    ] = False,
    processes: Annotated[int, typer.Option(min=0, help="For folders; 0 = one a core.")] = 0,
    undecodable: Annotated[
        str, typer.Option(help="File for records that do not decode; else beside the output, or in the state folder.")
    ] = "",
    resume: Annotated[str, typer.Option(help="Go on where a token says.")] = "",
    dry_run: Annotated[bool, typer.Option(help="Say what would be read, and read nothing.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the summary as JSON (on stderr if rows go to stdout).")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress, no summary.")] = False,
) -> None:
    """Read topics again, any span of them, into any format, without touching a live user."""
    request = Request(
        tuple(topics or ()), since, until, where, tuple(user or ()), tuple(type_ or ()), tuple(key or ()),
        _numbers(partitions), limit, sample, output, format_, _names(partition_by), speed, follow, personal, ordered,
        processes, undecodable,
    )  # fmt: skip
    _replay(request, resume, dry_run=dry_run, as_json=as_json, quiet=quiet)


replay.__doc__ = f"{replay.__doc__}\n\n\b\n{_EXAMPLES}"


def _replay(request: Request, resume: str, *, dry_run: bool, as_json: bool, quiet: bool) -> None:
    settings = Settings()
    if resume:
        checkpoint = parse_token(resume)
        request = from_document(checkpoint.request)
        plan = Plan(checkpoint.ranges)
    else:
        _check(request)
        checkpoint = Checkpoint((), request.document(), 0, 0)
        plan = make_plan(settings, request)
    report.tell_cuts(plan)
    if dry_run or (not plan.size and not request.follow):
        _tell_plan(plan, request, as_json)
        return
    _run(settings, request, plan, checkpoint, as_json=as_json, quiet=quiet)


def make_plan(settings: Settings, request: Request) -> Plan:
    """The plan of a request, with bounds relative to now.

    Raises:
        BadSpan, NothingThere, BrokerUnavailable: see `plan_topics`.
    """
    now = datetime.now(UTC)
    since, until = parse_bound(request.since, now), parse_bound(request.until, now)
    only = frozenset(request.partitions) if request.partitions else None
    return plan_topics(settings, request.topics, since, until, only=only, empty=request.follow)


def _check(request: Request) -> None:
    if not request.topics:
        raise BadOutput("name a topic, such as events.flights, or --resume TOKEN")
    if not 0 < request.sample <= 1:
        raise BadSpan(f"--sample must be above 0 and at most 1; it is {request.sample}")
    parse_speed(request.speed)
    request.filter()
    outputs.check(request)


def _run(settings: Settings, request: Request, plan: Plan, before: Checkpoint, *, as_json: bool, quiet: bool) -> None:
    job = Job(request, plan.ranges, secrets.token_hex(4), masking_secret(), before.part + 1)
    if request.personal:
        report.audit("personal data replayed in clear", **request.document())
    workers = workers_for(request, plan.ranges)
    size = None if request.follow else plan.size
    with report.progress_bar(size, report.wants_bar(request.output, quiet)) as progress, _interruptible() as stopped_by:
        one: Session | Fleet = (
            Fleet(job, settings, workers, progress, report.note)
            if workers > 1
            else job.session(settings, progress, report.note)
        )
        stopped_by(one.stop)
        outcome = _outcome(one, request)
    token = None
    if outcome.left:
        left = Checkpoint(outcome.left, before.request, before.written + outcome.rows, before.part + 1)
        token = left.token()
    to_stdout = request.output in ("", "-")
    if as_json:
        text = orjson.dumps(report.summary(outcome, token), option=orjson.OPT_INDENT_2).decode()
        typer.echo(text, err=to_stdout)
    elif not quiet:
        report.tell(outcome, token, "replay")
    if outcome.trouble:
        typer.echo(f"error: {outcome.trouble}; what was written is whole, go on with the token", err=True)
        raise typer.Exit(1)


def _outcome(one: Session | Fleet, request: Request) -> Outcome:
    try:
        return one.run(_metadata(request))
    except BrokenPipeError:  # `| head`: the reader has what it wanted
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit from None
    except OSError as error:
        raise BadOutput(
            f"could not write {request.output or 'the rows'}: {error.strerror or error}. Nothing half written is left; "
            "free some space or choose another --output, and start again"
        ) from error


@contextmanager
def _interruptible() -> Iterator[Callable[[Callable[[], None]], None]]:
    """The first Ctrl-C or SIGTERM ends in order, the second one at once. Gives a function that takes what to call; it
    is called at once if the signal has come before."""
    heard = False
    stops: list[Callable[[], None]] = []

    def handle(number: int, frame: Any) -> None:
        nonlocal heard
        heard = True
        signal.signal(number, before[signal.Signals(number)])
        for stop in stops:
            stop()

    def stopped_by(stop: Callable[[], None]) -> None:
        stops.append(stop)
        if heard:
            stop()

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stopped_by
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _metadata(request: Request) -> dict[str, str]:
    return {"tidings.replay": orjson.dumps(request.document()).decode()}


def _tell_plan(plan: Plan, request: Request, as_json: bool) -> None:
    rows = [{"topic": r.topic, "partition": r.partition, "from": r.start, "to": r.stop} for r in plan.ranges]
    if as_json:
        cuts = [report.cut_text(cut) for cut in plan.cuts]
        typer.echo(orjson.dumps({"records": plan.size, "ranges": rows, "cuts": cuts}, option=orjson.OPT_INDENT_2))
        return
    for r in plan.ranges:
        typer.echo(f"{r.topic}/{r.partition}: offsets {r.start:,} to {r.stop:,} ({r.size:,})")
    if not plan.ranges:
        typer.echo(f"no data between {request.since} and {request.until} in {', '.join(request.topics)}", err=True)


def _numbers(text: str) -> tuple[int, ...]:
    try:
        return tuple(sorted({int(part) for part in text.split(",") if part.strip()}))
    except ValueError:
        raise BadSpan(f"--partitions {text!r}: write 0,3") from None


def _names(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())
