"""The way to the gateway that serves the user: a redirect where the client may follow it with its credentials."""

from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import Response

#: Marks a request that was sent on once; if it is wrong here too, the table is just changing: no second hop, no loop.
_HOP = "hop"


def redirect(request: Request, address: str | None, **query: str) -> Response | None:
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
