"""Tidings' own services as children: processors, gateway, and the source that plays flights."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from tidings.local import asking, extras
from tidings.local.paths import Folders
from tidings.local.ports import HOST, Ports
from tidings.local.service import Service


@dataclass(frozen=True, slots=True)
class Flights:
    """How the flights source plays: `speed` times as fast as the clock, from that time in New York on.

    By default from a morning's first departures: at midnight a page would stay empty for half a minute.
    """

    speed: float = 600.0
    start: datetime = datetime(2013, 1, 10, 6)


def page(ports: Ports) -> str:
    return f"http://{HOST}:{ports.gateway}/"


def processors(folders: Folders, ports: Ports, environ: Mapping[str, str]) -> Service:
    """`environ` says where Kafka and the registry are."""
    extras.require("processors", "The processors' worker")
    return Service(
        name="processors",
        command=_python("tidings_processors", "worker"),
        log=folders.logs / "processors.log",
        env={**environ, **_PLAIN, "TIDINGS_PROCESSORS_PORT": str(ports.processors)},
        ready=lambda: asking.http(f"http://{HOST}:{ports.processors}/readyz"),
        grace=15.0,
        address=f"http://{HOST}:{ports.processors}",
    )


def gateway(folders: Folders, ports: Ports, environ: Mapping[str, str]) -> Service:
    extras.require("gateway", "The gateway")
    return Service(
        name="gateway",
        command=_python("tidings_gateway"),
        log=folders.logs / "gateway.log",
        env={**environ, **_PLAIN, "TIDINGS_GATEWAY_HOST": HOST, "TIDINGS_GATEWAY_PORT": str(ports.gateway)},
        ready=lambda: asking.http(f"{page(ports)}readyz"),
        grace=15.0,
        address=page(ports),
    )


def flights(folders: Folders, environ: Mapping[str, str], how: Flights) -> Service:
    """The source has no address; it is ready once it runs, and ends when the year does."""
    options = ("--speed", f"{how.speed:g}", "--from", moment(how.start))
    return Service(
        name="flights",
        command=_python("tidings_producers", "flights", *options),
        log=folders.logs / "flights.log",
        env={**environ, **_PLAIN},
        finite=True,
    )


def moment(time: datetime) -> str:
    """As `--from` takes it, e.g. 2013-01-10T06:00."""
    return time.isoformat(timespec="minutes")


#: Logs go to files: written at once, without colours.
_PLAIN = {"PYTHONUNBUFFERED": "1", "NO_COLOR": "1"}


def _python(module: str, *arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", module, *arguments)
