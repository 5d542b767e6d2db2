"""`tidings bench …`: figures as commands, never as timed tests. Each runs its peers in the same run."""

import typer

app = typer.Typer(no_args_is_help=True, help="Measure it yourself, beside its peers, on this machine.")


@app.command()
def pipeline(
    rate: int = typer.Option(200, min=1, help="Events a second."),
    seconds: int = typer.Option(20, min=1, help="How long to publish."),
    users: int = typer.Option(100, min=1, help="Connected users, one stream each."),
    named: float = typer.Option(0.0, min=0, max=1, help="Share of events that name their user and skip fan-out."),
    json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """From publish to the client's socket, through all three stages.

    Example: tidings bench pipeline --rate 1000 --seconds 20 --json
    """
    from . import pipeline as bench

    bench.main(bench.Load(rate=rate, seconds=seconds, users=users, named=named), as_json=json)


@app.command()
def replay(
    events: int = typer.Option(1_000_000, min=1000, help="Events in the topic."),
    partitions: int = typer.Option(2, min=1, help="Partitions of the topic."),
    rounds: int = typer.Option(3, min=1, help="How often each side runs."),
    json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """A topic to Parquet, beside kcat piped to a file that is then converted.

    Example: tidings bench replay --events 1000000 --json
    """
    from . import replay as bench

    bench.main(bench.Load(events=events, partitions=partitions, rounds=rounds), as_json=json)
