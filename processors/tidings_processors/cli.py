"""The commands: run a worker, list its agents; check, show, try and change rules."""

import os
import sys

import typer

from .rules_cli import rules_app

__all__ = ["app", "rules_app"]

app = typer.Typer(
    no_args_is_help=True,
    help="Run the processors, or see what they would run.",
    rich_markup_mode=None,
    add_completion=False,
)


@app.command()
def worker() -> None:
    """Run a worker until SIGTERM or Ctrl-C. Settings come from the environment; see processors/README.md.

    \b
    Examples:
      tidings processors worker
      TIDINGS_STAGES=match TIDINGS_PROCESSORS_PORT=0 tidings processors worker
    """
    if "faust" in sys.modules or os.environ.get("FAUST_LOOP") is None:
        # Faust chooses its event loop when it is imported: begin anew, as `python -m tidings_processors`.
        os.environ["FAUST_LOOP"] = "uvloop"
        os.execv(sys.executable, [sys.executable, "-m", "tidings_processors", "worker"])
    from .run import run

    run()


@app.command()
def agents(as_json: bool = typer.Option(False, "--json", help="Print JSON.")) -> None:
    """List the agents of a worker with these settings: stage, topic. Rules on Kafka may add topics of their own."""
    import orjson
    from tidings_schemas.catalogue import load

    from .agents import topics_of
    from .rule_book import file_rules
    from .settings import Settings

    settings = Settings()
    rules = file_rules(settings.rules, load())
    topics = topics_of(settings.stages, settings.domains, rules.source_topics)
    if as_json:
        print(orjson.dumps(topics).decode())
        return
    for stage, names in topics.items():
        for name in names:
            print(f"{stage:<10} {settings.namespace.name(name)}")
