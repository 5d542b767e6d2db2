"""Clients that others wrote, each run as its users run it, with one face for the tests."""

import json
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from httpx_sse import connect_sse
from tidings.local.errors import PageBuildFailed
from tidings.local.page import npm

NODE = Path(__file__).parent / "node"


@dataclass(frozen=True)
class Seen:
    """What a listener got."""

    type: str
    data: str
    id: str


#: What has come so far.
Events = Callable[[], list[Seen]]


@contextmanager
def of_npm(library: str, url: str) -> Iterator[Events]:
    """`eventsource` or `@microsoft/fetch-event-source`, in node."""
    _, folder = _installed()
    command = [str(folder / "node"), "client.mjs", library, url]
    with subprocess.Popen(command, cwd=NODE, stdout=subprocess.PIPE, text=True, encoding="utf-8") as process:
        seen: list[Seen] = []
        assert process.stdout is not None
        lines = process.stdout

        reader = threading.Thread(target=lambda: _each(lines, seen), daemon=True)
        reader.start()
        try:
            yield lambda: list(seen)
        finally:
            process.kill()
            reader.join(10)


@contextmanager
def of_httpx_sse(url: str) -> Iterator[Events]:
    """httpx-sse parses; reconnecting is its user's part, done here as its documentation shows."""
    seen: list[Seen] = []
    ended = threading.Event()

    def run() -> None:
        last, pause = "", 0.1
        with httpx.Client(timeout=30, trust_env=False) as http:
            while not ended.is_set():
                headers = {"last-event-id": last} if last else {}
                with suppress(httpx.TransportError), connect_sse(http, "GET", url, headers=headers) as source:
                    for event in source.iter_sse():
                        last, pause = event.id or last, event.retry / 1000 if event.retry else pause
                        if event.data:
                            seen.append(Seen(event.event, event.data, event.id))
                ended.wait(pause)

    threading.Thread(target=run, daemon=True).start()
    try:
        yield lambda: list(seen)
    finally:
        ended.set()


@contextmanager
def of_chromium(page: Any, url: str) -> Iterator[Events]:
    """Chromium's own EventSource, on a page of the same origin."""
    page.goto(url.rsplit("/", 1)[0] + "/page")
    page.evaluate(
        """url => {
            window.seen = [];
            window.source = new EventSource(url);
            for (const type of ["notification", "ready", "reset", "bye", "message", "named"])
                source.addEventListener(type, e => seen.push({ type, data: e.data, id: e.lastEventId }));
        }""",
        url,
    )
    try:
        yield lambda: [Seen(**event) for event in page.evaluate("window.seen")]
    finally:
        page.evaluate("window.source.close()")


def _each(lines: Any, seen: list[Seen]) -> None:
    seen.extend(Seen(**json.loads(line)) for line in lines)  # a list grows with each, so others see them at once


def _installed() -> tuple[list[str], Path]:
    try:
        command, folder = npm()
    except PageBuildFailed as missing:
        pytest.skip(str(missing))
    if not (NODE / "node_modules" / ".package-lock.json").is_file():
        subprocess.run([*command, "ci", "--no-audit", "--no-fund"], cwd=NODE, check=True, capture_output=True)
    return command, folder
