"""`/v1/stream`: hands a client over to the streams.

A bare ASGI application, not a FastAPI route: what a route keeps alive (request, exit stacks, wrapped `send`) would stay
in memory as long as the stream, thousands of times.
"""

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from tidings_gateway.auth.identity import AuthError
from tidings_gateway.services import services_of
from tidings_gateway.streams import STREAM_PATH

from . import problems
from .problems import Problem
from .redirects import sent_on

PATH = STREAM_PATH
_CURSOR_LIMIT = 200  # characters; what is longer is no cursor of ours, and is told by `reset`

OPENAPI = {
    "get": {
        "tags": ["notifications"],
        "summary": "Stream",
        "description": (
            "The user's notifications as Server-Sent Events, from now on or from a cursor. An unknown or forged "
            "cursor is no error: `event: reset` says why it could not be honoured."
        ),
        "parameters": [
            {"name": "Last-Event-ID", "in": "header", "schema": {"type": "string"}, "description": "Cursor."},
            {
                "name": "lastEventId",
                "in": "query",
                "schema": {"type": "string"},
                "description": "The same, for a first visit.",
            },
        ],
        "responses": {
            "200": {"description": "The stream.", "content": {"text/event-stream": {"schema": {"type": "string"}}}},
            "307": {"description": "Another gateway serves this user: follow."},
            "401": {"description": "No valid token: stay away until signed in again."},
            "403": {"description": "Not allowed."},
        },
    }
}


class StreamFirst:
    """Middleware: streams go to `Stream` at once, not by FastAPI's routing and exit stacks, which they have no use for
    and which are a part of what opening one costs: when thousands come back together, it counts."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._stream = Stream()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_stream = scope["type"] == "http" and scope["path"] == PATH
        await (self._stream if is_stream else self._app)(scope, receive, send)


class Stream:
    """The ASGI application."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Authenticates, then streams."""
        response = await _respond(Request(scope))
        await response(scope, receive, send)


async def _respond(request: Request) -> Response:
    if request.method not in ("GET", "HEAD"):
        detail = "A stream is only read: use GET."
        return Problem(405, "method-not-allowed", detail, headers={"Allow": "GET, HEAD"}).response()
    services = services_of(request)
    cursor = _cursor(request)
    try:
        identity = await services.auth.identify(request)
    except AuthError as error:
        problem = problems.of(error)
        services.metrics.refused.labels(str(problem.status)).inc()
        return problem.response()
    if away := await sent_on(request, services, identity.user, **({"lastEventId": cursor} if cursor else {})):
        return away
    return services.streams.response(identity.user, cursor, float(identity.expires_at))


def _cursor(request: Request) -> str | None:
    # The header wins: a browser that reconnects sends where it is, while the URL still says where it began.
    cursor = request.headers.get("last-event-id") or request.query_params.get("lastEventId")
    return cursor[:_CURSOR_LIMIT] if cursor else None
