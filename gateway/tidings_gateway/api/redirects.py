"""The way to who serves the user: to another gateway by a redirect, where the client may follow it with its
credentials; to another worker of this one by passing the connection on."""

from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import Response

from tidings_gateway.services import Services

#: Marks a request that was sent on once; if it is wrong here too, the table is just changing: no second hop, no loop.
_HOP = "hop"


async def sent_on(request: Request, services: Services, user: str, **query: str) -> Response | None:
    """The answer to a request that somebody else is to serve; None: serve it here.

    Args:
        query: as `_redirect`.
    """
    found = _redirect(request, await services.streams.elsewhere(user), **query)
    if found is None and await _passed_on(request, services, user):
        return Response(status_code=204)  # which nobody gets
    return found


async def _passed_on(request: Request, services: Services, user: str) -> bool:
    worker = services.streams.colleague(user)
    if worker is None or services.handover is None:
        return False
    return await services.handover.pass_on(request.scope, worker)


def _redirect(request: Request, address: str | None, **query: str) -> Response | None:
    """307 to the same route at `address`; None where there is none, or the client could not follow.

    Clients drop an `Authorization` header on their way to another host, so they are told in the body instead.

    Args:
        address: URL without a path, or a path below the same host.
        query: replaces what the request has under these names.
    """
    if address is None or _HOP in request.query_params or not _keeps_credentials(request, address):
        return None
    asked = dict(request.query_params) | query | {_HOP: "1"}
    location = f"{address}{request.url.path}?{urlencode(asked)}"
    return Response(status_code=307, headers={"location": location, "cache-control": "no-store"})


def _keeps_credentials(request: Request, address: str) -> bool:
    host = urlsplit(address).netloc
    return host in ("", request.headers.get("host", "")) or "authorization" not in request.headers
