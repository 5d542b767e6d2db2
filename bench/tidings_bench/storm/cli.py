"""`tidings storm`."""

import asyncio
import json as jsonlib
import os
import ssl
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.live import Live
from rich.table import Table
from tidings_gateway.auth import development
from tidings_gateway.settings import load

from . import plot as plots
from .live import picture
from .plan import Plan, Refused, Target, question, share, target
from .run import Storm, Token, room_for
from .tally import Row, Tally

_TTL_S = 24 * 3600


def storm(
    url: Annotated[str, typer.Argument(help="The gateway, or the proxy before it; no other host is asked anything.")],
    streams: Annotated[int, typer.Option(min=1, help="How many streams to open.")] = 100,
    rate: Annotated[float, typer.Option(min=0.1, help="So many a second.")] = 50.0,
    seconds: Annotated[float, typer.Option(min=1, help="How long in all.")] = 30.0,
    users: Annotated[int, typer.Option(min=1, help="Development issuer: storm-1 … storm-N, streams in turn.")] = 100,
    tokens: Annotated[Path | None, typer.Option(help="A token a line, or user and token; streams in turn.")] = None,
    publish: Annotated[float, typer.Option(min=0, help="Events a second, each to one user; needs the processors.")] = 0,
    publisher: Annotated[Path | None, typer.Option(help="File with a token that has the role publish.")] = None,
    drop: Annotated[str, typer.Option(help="Cut off such a share of the streams at once: 50%.")] = "0%",
    drop_at: Annotated[float | None, typer.Option(help="After so many seconds; default: in the middle.")] = None,
    limit: Annotated[int | None, typer.Option(help="Streams that may be opened beyond this machine.")] = None,
    yes: Annotated[str | None, typer.Option(help="The host's name, instead of typing it when asked.")] = None,
    insecure: Annotated[bool, typer.Option("--insecure", help="Believe any certificate.")] = False,
    plot: Annotated[Path | None, typer.Option(help="Draw it into a file: .svg, .png or .html.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Open many streams to a gateway of yours and see how it bears them, and their return after a cut.

    Examples:

        tidings storm http://127.0.0.1:8600 --streams 1000 --rate 200

        tidings storm http://127.0.0.1:8600 --streams 2000 --rate 500 --publish 100 --drop 50% --plot storm.svg

        tidings storm https://push.example.com --tokens tokens.txt --streams 5000 --limit 5000 --json
    """
    try:
        where = target(url)
        cut = share(drop)
        plan = Plan(streams, rate, seconds, publish, cut, seconds / 2 if drop_at is None else drop_at)
        if plot is not None and plot.suffix not in plots.KINDS:
            raise Refused(f"a plot is a file that ends in {', '.join(plots.KINDS)}")
        _agree(where, plan, limit, yes)
        room_for(streams)
        chosen, role = _tokens(where, tokens, min(users, streams)), _publisher(where, plan, tokens, publisher)
    except (Refused, OSError) as error:
        raise typer.BadParameter(str(error)) from error
    title = f"{streams:,} streams to {where.name}"
    with _seen(title, quiet=json) as see:
        made = Storm(where, plan, chosen, role, _tls(where, insecure), see)
        summary = asyncio.run(_until_interrupted(made))
    if plot is not None:
        plots.to_file(made.tally.rows, title, plot)
    _print(made.tally, summary, title, json)
    if summary["lost"] or summary["repeated"] or not summary["opened"]:
        raise typer.Exit(1)


async def _until_interrupted(made: Storm) -> dict[str, Any]:
    task = asyncio.ensure_future(made.run())
    asyncio.get_running_loop().add_signal_handler(2, task.cancel)
    return await task


def _agree(where: Target, plan: Plan, limit: int | None, yes: str | None) -> None:
    text = question(where, plan, limit)
    if text is None or yes == where.host:
        return
    if yes is not None or not sys.stdin.isatty():
        raise Refused(f"{where.host} is not this machine: if you may do that to it, say --yes {where.host}")
    if typer.prompt(text, default="", show_default=False, err=True) != where.host:
        raise Refused("nothing was done")


def _tokens(where: Target, file: Path | None, users: int) -> list[Token]:
    if file is not None:
        parts = [line.split() for line in file.read_text().splitlines() if line.strip()]
        if not parts or any(len(part) > 2 for part in parts):
            raise Refused(f"{file} must hold a token a line, or a user's name and a token")
        return [(part[0], part[1]) if len(part) == 2 else ("", part[0]) for part in parts]
    issuer = _issuer(where)
    return [(f"storm-{n}", issuer.issue(f"storm-{n}", [], _TTL_S, time.time())) for n in range(1, users + 1)]


def _publisher(where: Target, plan: Plan, tokens: Path | None, file: Path | None) -> str | None:
    if not plan.publish:
        return None
    if file is not None:
        return file.read_text().strip()
    if tokens is not None:
        raise Refused("--publish needs --publisher FILE: a token with the role publish")
    return _issuer(where).issue("storm", ["publish"], _TTL_S, time.time())


def _issuer(where: Target) -> development.DevelopmentIssuer:
    if not where.is_loopback:
        raise Refused(f"{where.host} does not know this machine's development key: give --tokens FILE")
    settings = load()
    secret = development.load_secret(settings.dev_key_file or development.default_key_file())
    return development.DevelopmentIssuer(secret, settings.audience)


def _tls(where: Target, insecure: bool) -> ssl.SSLContext | None:
    if not where.secure:
        return None
    context = ssl.create_default_context()
    if insecure:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


@contextmanager
def _seen(title: str, quiet: bool) -> Iterator[Any]:
    """A function that shows each second on a terminal."""
    console = Console(stderr=True)
    rows: list[Row] = []
    with Live(console=console, auto_refresh=False, transient=True) as live:

        def see(row: Row, tally: Tally) -> None:
            rows.append(row)
            if console.is_terminal and not quiet:
                live.update(picture(rows, tally, title), refresh=True)

        yield see


def _print(tally: Tally, summary: dict[str, Any], title: str, as_json: bool) -> None:
    if as_json:
        load_average = [round(value, 2) for value in os.getloadavg()]
        typer.echo(jsonlib.dumps({"title": title, "load_average": load_average, **summary}))
        return
    console = Console()
    if tally.rows:
        typer.echo(plots.in_terminal(tally.rows, console.width))
    table = Table("", "", title=title, show_header=False)
    for name, value in summary.items():
        table.add_row(name.replace("_", " "), _text(value))
    console.print(table)


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {count:,}" for name, count in value.items()) or "–"
    return f"{value:,}"
