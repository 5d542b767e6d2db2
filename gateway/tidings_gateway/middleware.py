"""Pure ASGI middleware: headers that protect, limits on bodies, counts of answers.

None of it is Starlette's `BaseHTTPMiddleware`, which would put a task and a queue between a stream and its client.
"""

import asyncio
import time

import structlog
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .api import problems
from .metrics import Metrics

log = structlog.get_logger(__name__)

_STREAM = "/v1/stream"
_POLLED = "/v1/notifications"
_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
_HSTS = (b"strict-transport-security", b"max-age=31536000")
_ALWAYS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-site"),
]
_HTML = [(b"content-security-policy", _CSP.encode()), (b"cross-origin-opener-policy", b"same-origin")]
_API = [(b"cache-control", b"no-store"), (b"vary", b"Origin, Cookie, Authorization")]


class SecurityHeaders:
    """Adds to each answer what keeps browsers from misusing it (OWASP secure headers).

    Args:
        https: also tell browsers to come by https only.
    """

    def __init__(self, app: ASGIApp, https: bool) -> None:
        self._app = app
        self._always = [*_ALWAYS, _HSTS] if https else _ALWAYS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = self._headers(scope["path"], list(message.get("headers", ())))
            await send(message)

        await self._app(scope, receive, with_headers)

    def _headers(self, path: str, headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        present = {name.lower(): value for name, value in headers}
        added = list(self._always)
        if present.get(b"content-type", b"").startswith(b"text/html"):
            added += _HTML
        if path.startswith("/v1/"):
            added += _API
        return headers + [(name, value) for name, value in added if name not in present]


class Unexpected:
    """Turns a failure of ours into a problem. The log says which, but no values of variables, which may be tokens."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = False

        async def noting(message: Message) -> None:
            nonlocal began
            began = True
            await send(message)

        try:
            await self._app(scope, receive, noting)
        except Exception as error:
            if began or scope["type"] != "http":
                raise
            log.exception("request failed", path=scope["path"])
            await problems.of(error).response()(scope, receive, send)


class BodyLimit:
    """Ends requests whose body is too large or comes too slowly.

    Args:
        max_bytes: largest body.
        timeout_s: seconds in which the whole body must have come.
    """

    def __init__(self, app: ASGIApp, max_bytes: int, timeout_s: float) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._timeout_s = timeout_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        body = _Body(receive, self._max_bytes, time.monotonic() + self._timeout_s)
        await self._app(scope, body.receive, send)


class _Body:
    """One request's body on its way in."""

    def __init__(self, receive: Receive, max_bytes: int, deadline: float) -> None:
        self._receive = receive
        self._left = max_bytes
        self._max_bytes = max_bytes
        self._deadline = deadline
        self._complete = False

    async def receive(self) -> Message:
        """The next part.

        Raises:
            HTTPException: too large (413) or too slow (408).
        """
        if self._complete:
            return await self._receive()
        message = await self._in_time()
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            raise HTTPException(413, f"The body is larger than {self._max_bytes} bytes: send less at a time.")
        self._complete = not message.get("more_body", False)
        return message

    async def _in_time(self) -> Message:
        try:
            async with asyncio.timeout(max(0.0, self._deadline - time.monotonic())):
                return await self._receive()
        except TimeoutError:
            raise HTTPException(408, "The body did not come in time: send it faster, or less at a time.") from None


class RequestMetrics:
    """Counts answers and their time, by route. Streams count themselves."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] == _STREAM:
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), 500

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            route = getattr(scope.get("route"), "path", "other")
            self._metrics.requests.labels(scope["method"], route, str(status)).inc()
            if not (route == _POLLED and b"wait=" in scope["query_string"]):
                self._metrics.request_seconds.labels(route).observe(time.perf_counter() - began)
