"""The routes: `GET /v1/replay` and EventStreams' `GET /v2/stream/{streams}`."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Any

import orjson
from anyio import to_thread
from fastapi import Depends, FastAPI, Header, Query, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from sse_starlette import EventSourceResponse, ServerSentEvent
from tidings_schemas.errors import Transient
from tidings_schemas.settings import Settings
from tidings_schemas.stamps import moment

from tidings_replay import topics
from tidings_replay.core.errors import BadSpan, NothingThere, ReplayError
from tidings_replay.core.pacing import parse_speed
from tidings_replay.core.positions import parse_positions, position_text, topics_of
from tidings_replay.request import Request as Replay
from tidings_replay.writers.lines import document, json_line, plain

from .analyst import ANALYST, PERSONAL, Analyst, Authenticate, Refusal, require
from .flow import Flow, Row
from .kitchen import Kitchen
from .limits import Gate, Limits

_LONGEST_STAMP = 20  # digits
_NDJSON = "application/x-ndjson"
_OPTION = orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS


@dataclass(frozen=True, slots=True)
class _Parts:
    """What the routes share."""

    settings: Settings
    authenticate: Authenticate
    limits: Limits
    gate: Gate
    kitchen: Kitchen


@dataclass
class Asked:
    """The query of `GET /v1/replay`; the names and forms are those of `tidings replay`."""

    topic: Annotated[list[str], Query(min_length=1)]
    since: Annotated[str, Query(alias="from")] = "earliest"
    until: Annotated[str, Query(alias="to")] = "latest"
    where: Annotated[str, Query()] = ""
    user: Annotated[list[str] | None, Query()] = None
    type_: Annotated[list[str] | None, Query(alias="type")] = None
    key: Annotated[list[str] | None, Query()] = None
    limit: Annotated[int | None, Query(ge=1)] = None
    sample: Annotated[float, Query(gt=0, le=1)] = 1.0
    speed: Annotated[str, Query()] = "max"
    follow: Annotated[bool, Query()] = False
    personal: Annotated[bool, Query()] = False

    def request(self) -> Replay:
        """As plain data."""
        return Replay(
            tuple(self.topic), self.since, self.until, self.where, tuple(self.user or ()), tuple(self.type_ or ()),
            tuple(self.key or ()), (), self.limit, self.sample, speed=self.speed, follow=self.follow,
            personal=self.personal,
        )  # fmt: skip


def create_app(settings: Settings, authenticate: Authenticate, secret: bytes, limits: Limits = Limits()) -> FastAPI:
    """The ASGI application.

    Args:
        authenticate: who asks; see there.
        secret: of the pseudonyms.
    """
    app = FastAPI(title="Tidings replay", version="1", docs_url=None, redoc_url=None)
    parts = _Parts(settings, authenticate, limits, Gate(limits), Kitchen(settings, secret))
    _errors(app)
    _health(app, settings)
    _replay(app, parts)
    _stream(app, parts)
    return app


def _health(app: FastAPI, settings: Settings) -> None:
    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        """The process is alive."""
        return {"status": "ok"}

    @app.get("/readyz")
    async def readyz() -> dict[str, str]:
        """Kafka answers."""
        await to_thread.run_sync(topics.topic_names, settings)
        return {"status": "ok"}


def _replay(app: FastAPI, parts: _Parts) -> None:
    @app.get("/v1/replay", responses={200: {"content": {_NDJSON: {}, "text/event-stream": {}}}})
    async def replay(
        request: Request,
        asked: Annotated[Asked, Depends()],
        last_event_id: Annotated[str | None, Header()] = None,
    ) -> Response:
        """Past events as Server-Sent Events (`Accept: text/event-stream`) or JSON lines; role analyst."""
        analyst = await parts.authenticate(request)
        require(analyst, ANALYST)
        if asked.personal:
            require(analyst, PERSONAL)
        parts.gate.check(analyst.user)
        wanted, speed = asked.request(), parse_speed(asked.speed)
        positions = parse_positions(last_event_id, asked.topic) if last_event_id else ({}, {})
        feed, size = await to_thread.run_sync(parts.kitchen.feed, wanted, *positions)
        if not asked.follow and size > parts.limits.span:
            detail = f"The span holds {size:,} records, at most {parts.limits.span:,} go over HTTP: narrow it"
            raise Refusal(413, "Span too large", f"{detail}, or use `tidings replay`.")
        flow = Flow(feed, analyst, parts.gate, {"request": wanted.document()}, speed, asked.limit)
        if "text/event-stream" in request.headers.get("accept", ""):
            return EventSourceResponse(_events(flow, document), ping=15)
        return StreamingResponse(_lines(flow), media_type=_NDJSON, headers={"Cache-Control": "no-store"})


def _stream(app: FastAPI, parts: _Parts) -> None:
    @app.get("/v2/stream/{streams}", responses={200: {"content": {"text/event-stream": {}}}})
    async def stream(
        request: Request,
        streams: str,
        since: str = "",
        last_event_id: Annotated[str | None, Header()] = None,
    ) -> Response:
        """Wikimedia's EventStreams: several streams in one, from now, `since`, or behind `Last-Event-ID`."""
        existing = await to_thread.run_sync(topics.topic_names, parts.settings)
        wanted = topics_of(streams, existing)
        analyst = await _anyone(request, parts.authenticate, wanted.keys() <= parts.limits.public)
        parts.gate.check(analyst.user)
        asked = Replay(tuple(wanted), since=_since(since) or "latest", follow=True)
        positions = parse_positions(last_event_id, wanted) if last_event_id else ({}, {})
        feed, _ = await to_thread.run_sync(parts.kitchen.feed, asked, *positions)
        flow = Flow(feed, analyst, parts.gate, {"streams": streams, "since": since, "last_event_id": last_event_id})
        host = request.url.hostname or ""
        return EventSourceResponse(
            _events(flow, lambda row: wikimedia(row, wanted[row["_topic"]], host)),
            ping=15,
            headers={"Access-Control-Allow-Origin": "*"},
        )


async def _anyone(request: Request, authenticate: Authenticate, public: bool) -> Analyst:
    """The analyst; or, for public streams, whoever it is, known by their address."""
    if public and "authorization" not in request.headers:
        address = request.client.host if request.client else "unknown"
        return Analyst(f"anonymous@{address}", frozenset(), float("inf"))
    analyst = await authenticate(request)
    require(analyst, ANALYST)
    return analyst


def _since(text: str) -> str:
    """EventStreams takes ISO 8601 or milliseconds since 1970; a bare number would else be an offset.

    Raises:
        BadSpan: the number is no time.
    """
    if not (text.isascii() and text.isdigit()):
        return text
    time = moment(int(text)) if len(text) < _LONGEST_STAMP else None
    if time is None:
        raise BadSpan(f"since={text[:_LONGEST_STAMP]} is no time: write ISO 8601, or milliseconds since 1970")
    return time.isoformat()


def wikimedia(row: dict[str, Any], stream: str, host: str) -> dict[str, Any]:
    """A row as EventStreams has it: the event's own fields, with `meta` and `$schema`."""
    shown = document(row)
    meta = {
        "stream": stream,
        "topic": shown["topic"],
        "partition": shown["partition"],
        "offset": shown["offset"],
        "dt": shown.get("time") or shown.get("timestamp"),
        "id": shown.get("id"),
        "uri": shown.get("source"),
        "domain": host,
    }
    return {**(shown["data"] or {}), "$schema": f"/{shown.get('type')}", "meta": meta}


async def _events(flow: Flow, shape: Any) -> AsyncIterator[ServerSentEvent]:
    async for item in flow.rows():
        if item is not None:
            row, positions = item
            data = orjson.dumps(shape(row), default=plain, option=_OPTION).decode()
            yield ServerSentEvent(data, event="message", id=position_text(positions))


async def _lines(flow: Flow) -> AsyncIterator[bytes]:
    waiting: list[bytes] = []
    async for item in flow.rows():
        if item is not None:
            waiting.append(_line(item))
        if waiting and (item is None or len(waiting) >= 200 or flow.speed != float("inf")):
            yield b"".join(waiting)
            waiting = []
    yield b"".join(waiting)


def _line(item: Row) -> bytes:
    return json_line(item[0]) + b"\n"


def _errors(app: FastAPI) -> None:
    def problem(status: int, title: str, detail: str, headers: dict[str, str] | None = None) -> JSONResponse:
        body = {"type": "about:blank", "title": title, "status": status, "detail": detail}
        return JSONResponse(body, status, headers, "application/problem+json")

    @app.exception_handler(Refusal)
    async def refused(_: Request, error: Refusal) -> JSONResponse:
        return problem(error.status, error.title, error.detail, error.headers)

    @app.exception_handler(ReplayError)
    async def wrong(_: Request, error: ReplayError) -> JSONResponse:
        status = 404 if isinstance(error, NothingThere) else 400
        return problem(status, "Not found" if status == 404 else "Bad request", str(error))

    @app.exception_handler(Transient)
    async def away(_: Request, error: Transient) -> JSONResponse:
        return problem(503, "Unavailable", str(error), {"Retry-After": "5"})
