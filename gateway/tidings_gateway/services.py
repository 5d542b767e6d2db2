"""What the routes work with, in one place; `app.py` puts it together."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection
from tidings_schemas.from_json import JsonReader

from .auth.authenticator import Authenticator
from .auth.identity import Identity
from .fleet import Fleet
from .handover import Handover
from .health import KafkaHealth
from .metrics import Metrics
from .settings import GatewaySettings
from .shard_table import ShardTable
from .streams import Streams
from .views.all import Views
from .writer import Writer


@dataclass(frozen=True, slots=True)
class Services:
    """The parts of a running gateway.

    `fleet`: the other workers on its port; `handover`: the way of a connection to one of them; `shard_table`: of moved
    partitions. All are None where there is but one.
    """

    settings: GatewaySettings
    auth: Authenticator
    streams: Streams
    views: Views
    writer: Writer
    reader: JsonReader
    health: KafkaHealth
    metrics: Metrics
    fleet: Fleet | None = None
    handover: Handover | None = None
    shard_table: ShardTable | None = None


def services_of(request: HTTPConnection) -> Services:
    """The parts of the gateway that the request came to."""
    services = request.app.state.services
    assert isinstance(services, Services)
    return services


async def _identity(request: HTTPConnection) -> Identity:
    return await services_of(request).auth.identify(request)


Wired = Annotated[Services, Depends(services_of)]
Known = Annotated[Identity, Depends(_identity)]
