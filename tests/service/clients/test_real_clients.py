"""Clients that others wrote, against our server: what a page's listener gets, and how it comes back."""

import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, StreamingResponse
from starlette.routing import Mount, Route
from starlette.types import ASGIApp
from tidings_gateway import frames
from tidings_gateway.stream_settings import StreamSettings

from tests.service.clients.clients import Events, Seen, of_chromium, of_httpx_sse, of_npm
from tests.streaming.served import Served, served

Open = Callable[[str], AbstractContextManager[Events]]

TITLE = "Grüße 🎈 \u2028 日本 \\n \ud7ff"
LINES = "first\nsecond\r\n\n  indented: with a colon\rlast 🎈"
QUICK = StreamSettings(retry=0.05, drain_retry=(0.01, 0.1), heartbeat=0.2)


def with_odd_frames(app: ASGIApp) -> ASGIApp:
    """The gateway, and beside it what its frames may hold at most."""

    async def odd(request: object) -> StreamingResponse:
        async def body() -> AsyncIterator[bytes]:
            yield frames.encode(retry=60_000) + frames.COMMENT
            yield frames.encode(LINES, event="named", id="id: ünï")
            yield frames.encode("", event="named", id="second")
            yield frames.heartbeat("moved on")
            yield frames.encode("no name")

        return StreamingResponse(body(), media_type="text/event-stream")

    async def page(request: object) -> HTMLResponse:
        return HTMLResponse("<!doctype html><title>page</title>")

    return Starlette(routes=[Route("/odd", odd), Route("/page", page), Mount("/", app)])


@pytest.fixture
def gateway() -> Iterator[Served]:
    """Streams over a log in memory."""
    with served(QUICK, middleware=with_lifespan) as running:
        yield running


def with_lifespan(app: ASGIApp) -> ASGIApp:
    """`with_odd_frames`, for a server that starts and ends the gateway by its lifespan."""
    outer = with_odd_frames(app)

    async def either(scope: Any, receive: Any, send: Any) -> None:
        await (app if scope["type"] == "lifespan" else outer)(scope, receive, send)

    return either


@contextmanager
def in_chromium(url: str, browser: Any) -> Iterator[Events]:
    """A fresh tab."""
    page = browser.new_page()
    try:
        with of_chromium(page, url) as events:
            yield events
    finally:
        page.close()


CLIENTS = ["eventsource", "fetch-event-source", "httpx-sse", pytest.param("chromium", marks=pytest.mark.browser)]


@pytest.fixture(params=CLIENTS)
def client(request: pytest.FixtureRequest) -> Open:
    """Opens a URL with one of the clients."""
    if request.param == "httpx-sse":
        return of_httpx_sse
    if request.param == "chromium":
        browser = request.getfixturevalue("browser")
        return lambda url: in_chromium(url, browser)
    return lambda url: of_npm(request.param, url)


def wait_for(events: Events, enough: Callable[[list[Seen]], object]) -> list[Seen]:
    """What has come, once it is enough."""
    deadline = time.monotonic() + 30
    while not enough(seen := events()):
        assert time.monotonic() < deadline, seen
        time.sleep(0.02)
    return seen


def titles(seen: list[Seen]) -> list[str]:
    """Of the notifications."""
    return [json.loads(event.data)["title"] for event in seen if event.type == "notification"]


def test_named_events_come_with_their_ids_and_text(gateway: Served, client: Open) -> None:
    """`ready` first, then the notification with its cursor, each to its own listener, in any script."""
    with client(f"http://127.0.0.1:{gateway.port}/stream?user=ann") as events:
        wait_for(events, lambda seen: any(event.type == "ready" for event in seen))
        gateway.publish("ann", TITLE)
        seen = wait_for(events, titles)
        assert titles(seen) == [TITLE]
        ids = [event.id for event in seen if event.type in ("ready", "notification")]
        assert all(id.startswith("v1.") for id in ids)
        assert ids == sorted(set(ids))


def test_it_comes_back_with_its_last_id_and_misses_nothing(gateway: Served, client: Open) -> None:
    """Told by `retry` when, it reconnects by itself; what came meanwhile comes once, and nothing twice."""
    with client(f"http://127.0.0.1:{gateway.port}/stream?user=ann") as events:
        wait_for(events, lambda seen: any(event.type == "ready" for event in seen))
        for round in range(3):
            gateway.publish("ann", f"before {round}")
            wait_for(events, lambda seen, count=2 * round + 1: len(titles(seen)) == count)
            assert gateway.call(gateway.gateway.streams.disconnect, "ann") == 1
            gateway.publish("ann", f"meanwhile {round}")
            seen = wait_for(events, lambda seen, count=2 * round + 2: len(titles(seen)) == count)
        assert titles(seen) == [f"{when} {round}" for round in range(3) for when in ("before", "meanwhile")]
        assert gateway.counters.resumed == 3
        assert not [event for event in seen if event.type == "reset"]


def test_several_lines_an_empty_text_and_an_id_alone(
    gateway: Served, client: Open, request: pytest.FixtureRequest
) -> None:
    """Whatever ends a line in a text comes back as LF; a frame of `id:` alone moves the last id and tells nobody.

    npm's eventsource 4.0 drops such frames against the standard: it resumes from its last event, so it loses nothing.
    """
    with client(f"http://127.0.0.1:{gateway.port}/odd") as events:
        seen = wait_for(events, lambda seen: any(event.data == "no name" for event in seen))
    assert seen[0] == Seen("named", "first\nsecond\n\n  indented: with a colon\nlast 🎈", "id: ünï")
    moves = request.node.callspec.params["client"] != "eventsource"
    assert seen[-1] == Seen("message", "no name", "moved on" if moves else "")
    assert {event.type for event in seen[1:-1]} <= {"named"}
