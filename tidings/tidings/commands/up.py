"""`tidings up`: everything on this machine, from nothing to a live page."""

from __future__ import annotations

import os
from contextlib import closing
from datetime import UTC, datetime
from typing import Annotated

import typer

from tidings.commands import background, docker
from tidings.commands.announce import announce
from tidings.commands.display import Display, display
from tidings.local import paths, ports, runfile
from tidings.local.children import Flights, moment, page
from tidings.local.errors import AlreadyRunning
from tidings.local.plan import Plan, Wanted
from tidings.local.ports import Ports
from tidings.local.runfile import RunFile
from tidings.local.runstate import RunState
from tidings.local.services import given
from tidings.local.steps import Observers
from tidings.local.supervisor import Supervisor

#: 128 + SIGINT, as shells count.
STOPPED_BEFORE_LIVE = 130

Port = Annotated[int, typer.Option(help="Port of the page and the API; the others take those after it.")]
RegistryPort = Annotated[int | None, typer.Option(help="Port of the schema registry.", show_default="port + 1")]
KafkaPort = Annotated[int | None, typer.Option(help="Port of Kafka.", show_default="port + 2")]
Speed = Annotated[float, typer.Option(min=0.1, help="How many times as fast as the clock the flights play.")]
From = Annotated[
    datetime, typer.Option("--from", formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d"], help="When in 2013 to begin.")
]
NoSource = Annotated[bool, typer.Option("--no-source", help="Do not play flights.")]
Detach = Annotated[bool, typer.Option("--detach", "-d", help="Go on in the background once the page lives.")]
Json = Annotated[bool, typer.Option("--json", help="Print what runs as one JSON object once the page lives.")]
Docker = Annotated[bool, typer.Option("--docker", help="Run docker-compose.yml in a Docker engine instead.")]


def up(
    port: Port = Ports().gateway,
    registry_port: RegistryPort = None,
    kafka_port: KafkaPort = None,
    speed: Speed = Flights().speed,
    start: From = moment(Flights().start),  # type: ignore[assignment]  # typer parses it
    no_source: NoSource = False,
    detach: Detach = False,
    json: Json = False,
    docker_: Docker = False,
) -> None:
    """Start everything on this machine, and print the page's address. Ctrl-C stops it.

    Kafka and the schema registry are embedded, unless KAFKA_BOOTSTRAP_SERVERS or SCHEMA_REGISTRY_URL say where others
    are. What Kafka holds survives a stop.

    Examples:

        tidings up

        tidings up --detach --port 9000 --speed 60 --from 2013-07-04
    """
    if docker_:
        raise typer.Exit(docker.compose_up(detach))
    flights = None if no_source else Flights(speed, start)
    at = Ports.beside(port, registry_port, kafka_port)
    wanted = Wanted(paths.folders().create(), at, given(os.environ), flights)
    try:
        lived = _in_background(wanted, json) if detach else _here(wanted, json)
    except AlreadyRunning as told:
        _already(wanted, told, json)
        return
    if not lived:
        raise typer.Exit(STOPPED_BEFORE_LIVE)


def _in_background(wanted: Wanted, json: bool) -> bool:
    with closing(display()) as shown:
        state = background.start(wanted, shown)
    announce(state, json, stop="`tidings down` stops it.")
    return True


def _here(wanted: Wanted, json: bool) -> bool:
    started = datetime.now(UTC).isoformat(timespec="seconds")
    state = RunState(os.getpid(), started, page(wanted.ports), environ=wanted.endpoints.environ())
    with runfile.hold(wanted.folders, state) as run_file:
        ports.check(wanted.listening())
        with closing(display()) as shown:
            return _supervise(wanted, run_file, shown, json)


def _supervise(wanted: Wanted, run_file: RunFile, shown: Display, json: bool) -> bool:
    def live() -> None:
        run_file.change(lambda state: setattr(state, "phase", "running"))
        shown.close()
        announce(run_file.state, json, stop="Ctrl-C stops it.")

    supervisor = Supervisor(run_file, shown.say)
    lived = supervisor.run(Plan(wanted, supervisor).steps(), Observers((shown, run_file)), live)
    shown.say("All is stopped.")
    return lived


def _already(wanted: Wanted, told: AlreadyRunning, json: bool) -> None:
    """Not an error: what was asked for is the case."""
    state = runfile.read(wanted.folders)
    if json and state:
        print(state.to_json())
    else:
        print(told)
