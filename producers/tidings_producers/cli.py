"""The commands `tidings source …` and `tidings publish`."""

import json as jsonlib
import sys
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Annotated, Any

import typer
from tidings_schemas import logs
from tidings_schemas.admin import ensure_topics, reach
from tidings_schemas.delivery import RecordMetadata
from tidings_schemas.errors import InvalidEvent
from tidings_schemas.from_json import JsonReader
from tidings_schemas.settings import Settings

from .core import commit as commits
from .core.followables import of_flights
from .core.places import NEW_YORK
from .progress import Progress
from .publisher import Publisher
from .sources import announcer, eventstreams, flights, git, lines
from .sources.nycflights import FIRST, LAST, NycFlights
from .stopping import on_signals, patient_publisher

source_app = typer.Typer(no_args_is_help=True, help="Turn flights, git commits and more into events.")

Json = Annotated[bool, typer.Option("--json", help="Print what was done as JSON.")]


def _moment(text: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no time: write 2013-01-10 or 2013-01-10T06:30") from None
    time = time if time.tzinfo else time.replace(tzinfo=NEW_YORK)
    if not FIRST <= time.astimezone(NEW_YORK).date() <= LAST + timedelta(days=1):
        raise typer.BadParameter(f"the flights are those of {FIRST} to {LAST}")
    return time


@source_app.command("flights")
def flights_command(
    speed: Annotated[float, typer.Option(min=0.001, help="Seconds of 2013 in one second of now.")] = 60.0,
    start: Annotated[
        datetime, typer.Option("--from", parser=_moment, metavar="TIME", help="Where to begin; New York's time.")
    ] = "2013-01-10",  # type: ignore[assignment]  # typer parses it
    until: Annotated[
        datetime | None,
        typer.Option(parser=_moment, metavar="TIME", help="Where to end.", show_default="the year's end"),
    ] = None,
    loop: Annotated[bool, typer.Option("--loop", help="Begin anew at the end, with new events.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Begin at --from with new events.")] = False,
    restart: Annotated[bool, typer.Option("--restart", help="Begin at --from with the events' old ids.")] = False,
    json: Json = False,
) -> None:
    """Play the flights that left New York in 2013 as if they happened now.

    A run that was stopped goes on where it was, when it is started again with the same --from. Ctrl-C stops it; what
    was published is safe then.

    Examples:

        tidings source flights --speed 600 --from 2013-01-10

        tidings source flights --speed 3600 --from 2013-02-08T06:00 --until 2013-02-09 --again
    """
    logs.configure("flights")
    stop, settings, began = on_signals(), Settings(), monotonic()
    plan = flights.Plan(start, speed, until, loop, restart, again)
    data = NycFlights()
    with patient_publisher(settings) as publisher, Progress() as progress:
        announced = announcer.announce(settings, publisher, of_flights(data.legs(), data.names))
        played = flights.run(plan, data, settings, publisher, stop, progress.show)
    done: dict[str, Any] = {"announced": announced, "events": played.events, "by_type": dict(played.by_type)}
    _print(json, done | {"clock": played.clock.astimezone(UTC).isoformat(), "seconds": round(monotonic() - began, 1)})


@source_app.command("git")
def git_command(
    path: Annotated[Path, typer.Argument(help="A local repository.")] = Path(),
    name: Annotated[str, typer.Option(help="What to call it.", show_default="its folder's name")] = "",
    branch: Annotated[str, typer.Option(help="The branch to read.", show_default="the one checked out")] = "",
    limit: Annotated[int, typer.Option(min=0, help="The most of a history not told yet; 0 = all.")] = 100,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with new commits until Ctrl-C.")] = False,
    json: Json = False,
) -> None:
    """Publish the commits of a local git repository, those not published yet, oldest first.

    Examples:

        tidings source git ~/src/tidings --follow

        tidings source git --branch main --limit 0 --json
    """
    logs.configure("git")
    stop, settings = on_signals(), Settings()
    repository = git.Repository(path, name, branch)
    known = git.told(settings, repository)
    with patient_publisher(settings) as publisher:
        announcer.announce(settings, publisher, [commits.followable(repository.name)])
        count = git.run(repository, publisher, known, stop, limit=limit, follow=follow, show=_show_commit)
    _print(json, {"repository": repository.name, "branch": repository.branch, "commits": count})


@source_app.command("eventstreams")
def eventstreams_command(
    streams: Annotated[list[str], typer.Argument(help="Streams, as the service names them: recentchange.")],
    url: Annotated[str, typer.Option(help="The service, up to /v2/stream.")] = eventstreams.PUBLIC,
    since: Annotated[
        datetime | None, typer.Option(help="Where to begin.", show_default="where it was, else now")
    ] = None,
    limit: Annotated[int, typer.Option(min=0, help="End after so many events; 0 = go on.")] = 0,
    token: Annotated[str, typer.Option(envvar="TIDINGS_TOKEN", help="For a service that wants one.")] = "",
    json: Json = False,
) -> None:
    """Read a service that speaks Wikimedia's EventStreams into events.eventstreams, until Ctrl-C.

    A run that was stopped goes on where it was.

    Examples:

        tidings source eventstreams recentchange

        tidings source eventstreams flights --url http://127.0.0.1:8610/v2/stream --since 2013-01-10
    """
    logs.configure("eventstreams")
    stop, settings = on_signals(), Settings()
    ensure_topics(settings, [eventstreams.TOPIC])
    stream = eventstreams.Stream(url, streams, token)
    known, newest = eventstreams.told(settings, stream.service)
    begin = since.replace(tzinfo=since.tzinfo or UTC) if since else newest
    with patient_publisher(settings) as publisher:
        read = eventstreams.run(stream, publisher, known, begin, stop, limit=limit)
    _print(json, {"published": read.published, "known": read.known, "refused": read.refused})


def publish(
    file: Annotated[
        Path | None, typer.Argument(help="A file of JSON lines.", show_default="standard input", dir_okay=False)
    ] = None,
    source: Annotated[str, typer.Option(help="The source of events that name none.")] = "/tidings/publish",
    strict: Annotated[bool, typer.Option("--strict", help="Stop at the first line that cannot be published.")] = False,
    json: Annotated[
        bool, typer.Option("--json", help="Print a JSON line for each line: its receipt, or why not.")
    ] = False,
) -> None:
    """Publish JSON lines as events: {"type", "subject", "data"}, and "id", "source", "time" where they matter.

    Times are RFC 3339, bytes base64. A line that does not fit is told with its number and left out, and the exit code
    is 1; `tidings schemas list` says which types there are.

    Examples:

        echo '{"type": "tidings.demo.Message", "subject": "ada", "data": {"text": "Hi"}}' | tidings publish

        tidings publish events.jsonl --json > receipts.jsonl
    """
    logs.configure("publish")
    tell = _tell_json if json else _tell_error
    reach(Settings())
    with (
        file.open(encoding="utf-8", errors="surrogateescape") if file else nullcontext(sys.stdin) as given,
        Publisher() as publisher,
    ):
        reader = JsonReader(publisher.codec.catalogue)
        tally = lines.publish_lines(given, reader, publisher, tell, source=source, strict=strict)
    if not json:
        print(f"{tally.published} events published, {tally.failed} lines refused")
    if tally.failed:
        raise typer.Exit(1)


def _show_commit(commit: commits.Commit) -> None:
    print(f"{commit.hash[:10]} {commit.summary}", file=sys.stderr)


def _print(json: bool, done: dict[str, Any]) -> None:
    if json:
        print(jsonlib.dumps(done))
    else:
        print(", ".join(f"{name.replace('_', ' ')}: {value}" for name, value in done.items() if name != "by_type"))


def _tell_json(outcome: lines.Outcome) -> None:
    line, event_id, result = outcome
    if isinstance(result, RecordMetadata):
        print(jsonlib.dumps({"line": line, "id": event_id, **result._asdict()}), flush=True)
        return
    field = result.field if isinstance(result, InvalidEvent) else ""
    error = {"error": type(result).__name__, "detail": str(result), "retry": result.retryable}
    print(jsonlib.dumps({"line": line, "id": event_id or None, **error, "field": field or None}), flush=True)


def _tell_error(outcome: lines.Outcome) -> None:
    if not isinstance(outcome.result, RecordMetadata):
        print(f"line {outcome.line}: {outcome.result}", file=sys.stderr)
