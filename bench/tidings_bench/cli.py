"""`tidings bench …`: figures as commands, never as timed tests. Each runs its peers in the same run."""

import json as jsonlib
from pathlib import Path

import typer

app = typer.Typer(no_args_is_help=True, help="Measure it yourself, beside its peers, on this machine.")
SHARE = "Share of a core that each worker may use; 0 = all of it. Takes root and Linux."


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
    kcat: bool = typer.Option(True, help="Run kcat beside."),
    json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """A topic to Parquet, beside kcat piped to a file that is then converted.

    \b
    Examples:
      tidings bench replay --events 1000000 --json
      tidings bench replay --events 10000000 --rounds 1 --no-kcat --json
    """
    from . import replay as bench

    bench.main(bench.Load(events=events, partitions=partitions, rounds=rounds, kcat=kcat), as_json=json)


@app.command()
def processors(
    events: int = typer.Option(500_000, min=1000, help="Events in the topic that all read."),
    three_stages: int = typer.Option(200_000, min=0, help="Events through all three stages; 0 leaves that out."),
    rounds: int = typer.Option(3, min=1, help="How often each side runs; medians count."),
    peers: str = typer.Option("faust,quix,streams", help="Peers beside Tidings, or none."),
    json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """The match stage beside Faust, Quix Streams and Kafka Streams, one process on one core each.

    Example: tidings bench processors --peers faust,streams --json
    """
    from . import processors as bench

    chosen = tuple(name.strip() for name in peers.split(",") if name.strip() not in ("", "none"))
    if unknown := set(chosen) - set(bench.PEERS):
        raise typer.BadParameter(f"no peer {', '.join(sorted(unknown))}; there are {', '.join(bench.PEERS)}")
    bench.main(bench.Load(events=events, three_stage_events=three_stages, rounds=rounds, peers=chosen), as_json=json)


@app.command()
def gateway(
    scenario: str = typer.Option(
        "broadcast", help="What to do: broadcast, targeted, scale, spread, idle, resume, slow, aborts."
    ),
    streams: int = typer.Option(1_000, min=1, help="Clients, one stream each; of aborts: how many in all."),
    seconds: float = typer.Option(5.0, min=0.5, help="How long each round publishes."),
    in_flight: int = typer.Option(4, min=1, help="Broadcasts on their way at one time."),
    rounds: int = typer.Option(3, min=1, help="How often each side runs; medians count."),
    peers: str = typer.Option("sse-starlette,nchan,centrifugo,mercure", help="Peers of broadcast, or none."),
    share: float = typer.Option(0.0, min=0, max=1, help=SHARE),
    json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """Event streams to many clients, beside other servers of event streams, one core each.

    Examples:

        tidings bench gateway --streams 10000 --peers nchan,mercure --json

        tidings bench gateway --scenario targeted --streams 10000

        tidings bench gateway --scenario scale --in-flight 8 --share 0.35

        tidings bench gateway --scenario spread --streams 4000 --share 0.3

        tidings bench gateway --scenario aborts --streams 5000
    """
    from .gateway import scenarios
    from .gateway.peers import PEERS

    chosen = [name.strip() for name in peers.split(",") if name.strip() not in ("", "none")]
    if unknown := set(chosen) - set(PEERS):
        raise typer.BadParameter(f"no peer {', '.join(sorted(unknown))}; there are {', '.join(PEERS)}")
    if scenario not in scenarios.SCENARIOS:
        raise typer.BadParameter(f"no scenario {scenario!r}; there are {', '.join(scenarios.SCENARIOS)}")
    scenarios.main(scenario, scenarios.Load(streams, seconds, in_flight, rounds, share), chosen, as_json=json)


@app.command()
def popular(
    followers: int = typer.Option(100_000, min=10, help="Followers of the topic."),
    clients: int = typer.Option(100, min=1, help="Of these, how many are connected."),
    wishful: float = typer.Option(0.0, min=0, max=1, help="The share of them with quiet hours, told one by one."),
    rounds: int = typer.Option(3, min=1, help="How often each side runs; medians count."),
    json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """One event for a topic that very many follow: a record for each, and one that they share.

    Example: tidings bench popular --followers 100000 --json
    """
    from . import popular as bench

    bench.main(bench.Load(followers=followers, clients=clients, wishful=wishful, rounds=rounds), as_json=json)


@app.command()
def compression(
    frames: int = typer.Option(5_000, min=100, help="Frames through each way."),
    json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """What a compressed stream costs: CPU and bytes a frame, memory a stream.

    Example: tidings bench compression --json
    """
    from . import compression as bench

    bench.main(frames, as_json=json)


@app.command()
def scale(
    events: int = typer.Option(300_000, min=1000, help="Events through all three stages."),
    rounds: int = typer.Option(2, min=1, help="How often each number of workers runs; medians count."),
    share: float = typer.Option(0.0, min=0, max=1, help=SHARE),
    json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """Two workers beside one, on a core each: all three stages.

    Example: tidings bench scale --events 300000 --share 0.4 --json
    """
    from . import scale as bench

    bench.main(bench.Load(events=events, rounds=rounds, share=share), as_json=json)


@app.command()
def soak(
    events: int = typer.Option(10_000_000, min=1000, help="Events in all."),
    stages: str = typer.Option("match", help="match, or match,fan-out,deliver."),
    json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """A worker's memory over millions of events.

    Example: tidings bench soak --events 10000000 --json
    """
    from . import soak as bench

    if stages not in bench.STAGES:
        raise typer.BadParameter(f"stages are {' or '.join(bench.STAGES)}")
    bench.main(bench.Load(events=events, stages=stages), as_json=json)


@app.command()
def restore(
    follows: int = typer.Option(1_000_000, min=1, help="Follows that a worker has to know."),
    topics: int = typer.Option(50_000, min=1, help="Followed topics."),
    rounds: int = typer.Option(2, min=1, help="How often."),
    json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """How long a worker takes to know all followers again, and in how much memory.

    Example: tidings bench restore --follows 1000000 --json
    """
    from . import restore as bench

    bench.main(bench.Load(follows=follows, topics=topics, rounds=rounds), as_json=json)


@app.command()
def model(
    users: int = typer.Option(10_000_000, min=1, help="Connected at one time."),
    rate: float = typer.Option(1_000_000, min=1, help="Notifications a second, each to one of them."),
    heartbeat: float = typer.Option(15.0, min=1, help="Seconds between heartbeats of a stream."),
    retention: float = typer.Option(14.0, min=0.01, help="Days for which Kafka keeps notifications."),
    cores: int = typer.Option(16, min=1, help="Of one machine."),
    memory: float = typer.Option(64, min=1, help="Of one machine, GB."),
    network: float = typer.Option(10, min=0.1, help="Of one machine, Gbit/s."),
    core_month: float = typer.Option(18.0, min=0, help="Price of a core for a month."),
    gb_out: float = typer.Option(0.01, min=0, help="Price of a gigabyte to clients."),
    measure: bool = typer.Option(False, "--measure", help="Measure the gateway's costs here (2 minutes), print them."),
    costs: Path | None = typer.Option(None, help="A file that --measure has printed, instead of the stored one."),
    plot: Path | None = typer.Option(None, help="Draw it into a file: .svg or .png."),
    json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """What so many users need: machines, memory, network, partitions, money, and what gives first.

    Examples:

        tidings bench model --plot scale.svg

        tidings bench model --users 100000 --rate 20000 --json

        tidings bench model --measure > costs.json && tidings bench model --costs costs.json
    """
    from .model import report
    from .model.costs import Assumed, Load

    if measure:
        from .model import measure as bench

        typer.echo(jsonlib.dumps(bench.run(lambda text: typer.echo(text, err=True))))
        return
    source = report.stored() if costs is None else report.stored() | jsonlib.loads(costs.read_text())
    assumed = Assumed(cores, memory * 1e9, network * 1e9, core_month=core_month, gb_out=gb_out)
    load = Load(users, rate=rate, heartbeat=heartbeat, retention_days=retention)
    report.main(load, assumed, source, plot, as_json=json)
