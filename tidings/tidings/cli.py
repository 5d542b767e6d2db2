"""The `tidings` command: a table of commands, each imported only when it is run."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from tidings.commands.lazy import Entry, LazyGroup
from tidings.local.errors import LocalError

_ALONE = False

TABLE = {
    "up": Entry(
        "tidings.commands.up:up", "Start everything on this machine and print the page's address.", joins=_ALONE
    ),
    "down": Entry("tidings.commands.down:down", "Stop what `up` started.", joins=_ALONE),
    "status": Entry("tidings.commands.status:status", "Say what runs, and whether it answers.", joins=_ALONE),
    "logs": Entry("tidings.commands.logs:logs", "Print or follow the services' logs.", joins=_ALONE),
    "prepare": Entry("tidings.commands.prepare:prepare", "Make the topics and register the schemas that are missing."),
    "publish": Entry("tidings_producers.cli:publish", "Publish JSON lines from standard input."),
    "source": Entry("tidings_producers.cli:source_app", "Turn flights, git commits and more into events."),
    "schemas": Entry("tidings.commands.schemas:app", "Check, register and show Avro schemas."),
    "rules": Entry("tidings_processors.cli:rules_app", "Check, show and change rules.", "processors"),
    "dlq": Entry("tidings_replay.commands.dlq:dlq_app", "Look at dead letters, and send them again.", "replay"),
    "processors": Entry("tidings_processors.cli:app", "Run the processors' worker.", "processors"),
    "gateway": Entry("tidings_gateway.cli:gateway", "Run the gateway.", "gateway"),
    "shards": Entry("tidings_gateway.shards_cli:app", "Show and move the gateways' partitions.", "gateway"),
    "token": Entry("tidings_gateway.cli:token", "Make a token of the development issuer.", "gateway"),
    "replay": Entry("tidings.commands.replay:replay", "Read a topic again, from a time on, into a file.", "replay"),
    "replay-server": Entry("tidings.commands.replay_server:replay_server", "Serve replays over HTTP.", "replay"),
    "explain": Entry("tidings.commands.explain:explain", "Say what became of an event for a user, and why.", "replay"),
    "whatif": Entry("tidings.commands.whatif:whatif", "Say who would have got what by other rules.", "replay"),
    "sql": Entry("tidings_replay.commands.sql:sql", "Ask a topic's records a question in SQL.", "replay"),
    "bench": Entry("tidings_bench.cli:app", "Measure it on this machine.", "all", joins=_ALONE),
    "storm": Entry("tidings_bench.storm.cli:storm", "Open many streams to a gateway of yours.", "all", joins=_ALONE),
    "chaos": Entry("tidings_chaos.cli:app", "Break things and check that nothing is lost.", "all", joins=_ALONE),
    "version": Entry("tidings.commands.version:version", "Print versions.", joins=_ALONE),
}


class Commands(LazyGroup):
    table = TABLE


app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(version("tidings"))
        raise typer.Exit


@app.callback()
def tidings(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Live notifications over Kafka: Avro events in, per-user Server-Sent Events out, nothing lost.

    Begin with `tidings up`.
    """


def main() -> None:
    """Run the command; an error that was raised on purpose is one sentence on stderr and exit code 1."""
    try:
        app()
    except Exception as error:
        if not _on_purpose(error):
            raise
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)


def _on_purpose(error: Exception) -> bool:
    if isinstance(error, LocalError):
        return True
    from tidings_schemas.errors import TidingsError

    return isinstance(error, TidingsError)
