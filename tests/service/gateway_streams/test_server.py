"""Our server: what it demands of a request head, and how it ends."""

import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import httpx
import pytest
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp
from tidings_gateway import sockets
from tidings_gateway.protocol import StreamProtocol
from tidings_gateway.stream_settings import StreamSettings

from tests.stopwatch import Stopwatch
from tests.streaming.client import EventStream
from tests.streaming.served import Served, served


class Impatient(StreamProtocol):
    """A server with a short deadline and a small head."""

    head_seconds = 0.5
    head_bytes = 2_000


@pytest.fixture
def impatient() -> Iterator[Served]:
    """A gateway on it."""
    with served(StreamSettings(), Impatient) as gateway:
        yield gateway


@contextmanager
def connected(port: int) -> Iterator[socket.socket]:
    """A bare connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        yield connection


def answer(connection: socket.socket) -> bytes:
    """All that the server sends until it closes."""
    received = b""
    while data := connection.recv(65_536):
        received += data
    return received


@pytest.mark.parametrize(
    "begun", [b"", b"GET /str", b"GET /stream HTTP/1.1\r\nHost: local", b"POST /publish HTTP/1.1\r\n"]
)
def test_a_head_that_does_not_come_is_not_waited_for(impatient: Served, begun: bytes) -> None:
    """Silent connections and half heads are closed at the deadline."""
    with connected(impatient.port) as connection:
        with Stopwatch() as end:
            connection.sendall(begun)
            assert answer(connection) == b""
        assert end.took_less_than(4.5, beside=Impatient.head_seconds), end


def test_a_head_that_trickles_is_not_waited_for(impatient: Served) -> None:
    """A byte now and then does not move the deadline."""
    with connected(impatient.port) as connection:
        with Stopwatch() as end:
            for character in "GET /stream HTTP/1.1\r\nX-Slow: " + "x" * 1000:
                if select.select([connection], [], [], 0.02)[0]:
                    break
                connection.sendall(character.encode())
            assert answer(connection) == b""
        assert end.took_less_than(4.5, beside=Impatient.head_seconds), end


@pytest.mark.parametrize(
    "head",
    [
        b"GET /state HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 3_000 + b"\r\n\r\n",
        b"GET /state HTTP/1.1\r\nHost: localhost\r\n" + b"X: x\r\n" * 500 + b"\r\n",
        b"GET /state?" + b"x" * 3_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ],
)
def test_a_head_that_is_too_large_is_refused(impatient: Served, head: bytes) -> None:
    """With 431, in one piece or in many."""
    for size in (len(head), 100):
        with connected(impatient.port) as connection:
            try:
                for at in range(0, len(head), size):
                    connection.sendall(head[at : at + size])
                    time.sleep(0.001)
            except (BrokenPipeError, ConnectionResetError):
                pass
            assert answer(connection).startswith(b"HTTP/1.1 431")


def test_a_large_body_is_no_large_head(impatient: Served) -> None:
    """The limit counts the head alone."""
    users = ["ann"] * 2_000
    reply = httpx.post(f"http://127.0.0.1:{impatient.port}/publish", json={"users": users, "title": "x"})
    assert reply.status_code == 200
    assert len(reply.json()) == 2_000


def test_a_connection_serves_one_request_after_another_and_then_a_stream(impatient: Served) -> None:
    """The deadline is each head's own, and a stream has none."""
    with EventStream(impatient.port, "/state") as stream:
        for _ in range(3):
            stream.until(lambda s: s.head)
            stream.head, stream._rest = b"", b""
            time.sleep(0.2)
            stream.say(b"GET /state HTTP/1.1\r\nHost: localhost\r\n\r\n")
        stream.until(lambda s: s.head)
        stream.head, stream._rest = b"", b""
        stream.say(b"GET /stream?user=ann HTTP/1.1\r\nHost: localhost\r\n\r\n")
        stream.until_ready()
        time.sleep(0.7)  # longer than the deadline
        impatient.publish("ann", "still here")
        stream.until_titles("still here")


async def _pass_on(request: Request, call_next: RequestResponseEndpoint) -> Response:
    response = await call_next(request)
    response.headers["x-passed"] = "on"
    return response


@pytest.mark.parametrize(
    "middleware", [lambda app: BaseHTTPMiddleware(app, _pass_on), lambda app: GZipMiddleware(app, minimum_size=1)]
)
def test_middleware_that_holds_the_head_back_breaks_nothing(middleware: Callable[[ASGIApp], ASGIApp]) -> None:
    """Starlette's own, which an application may bring along."""
    with served(StreamSettings(), middleware=middleware) as gateway:
        with EventStream(gateway.port, accept_encoding="gzip") as stream:
            stream.until_ready()
            assert "content-encoding" not in stream.fields()
            gateway.publish("ann", "hello")
            stream.until_titles("hello")
        assert gateway.counters.closed["slow"] == 0


def test_accepted_connections_inherit_the_listener_s_options() -> None:
    """A small kernel buffer, and an end for peers that vanish without a word."""
    with sockets.listen("127.0.0.1", 0, send_buffer=65_536, dead_after=12) as listener:
        listener.setblocking(True)
        with socket.create_connection(listener.getsockname()), listener.accept()[0] as accepted:
            assert accepted.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) == 65_536
            assert accepted.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 12_000


def test_a_port_that_is_taken_is_named() -> None:
    """The error says which, and why."""
    with sockets.listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(OSError, match=f"cannot listen on 127.0.0.1:{port}: Address already in use"):
            sockets.listen("127.0.0.1", port)


@contextmanager
def process(drain: float) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The application as a process of its own, and its port."""
    command = [sys.executable, "-m", "tests.streaming.app", str(drain)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        try:
            assert child.stdout is not None
            port = int(child.stdout.readline())
            yield child, port
        finally:
            child.kill()


def gather(streams: list[EventStream], deadline: float) -> None:
    """Reads all streams until each is over."""
    while waiting := [stream for stream in streams if not (stream.ended or stream.closed)]:
        assert time.monotonic() < deadline, f"{len(waiting)} streams did not end"
        for stream in select.select(waiting, [], [], 0.5)[0]:
            stream.read()


def test_sigterm_drains_and_ends() -> None:
    """Each stream gets `bye` and a reconnection time of its own, spread over the window; then the process ends well."""
    with process(drain=2.0) as (child, port), ExitStack() as stack:
        streams = [stack.enter_context(EventStream(port, f"/stream?user=user-{n}")) for n in range(300)]
        for stream in streams:
            stream.until_ready()
        begun = time.monotonic()
        with Stopwatch() as end:
            child.send_signal(signal.SIGTERM)
            gather(streams, begun + 30)
            assert child.wait(timeout=30) == 0
        assert end.took_less_than(2, beside=2), end
    byes = [stream.arrived[-1] - begun for stream in streams]
    assert all(stream.types()[-1] == "bye" and stream.ended for stream in streams)
    assert len({stream.parser.retry for stream in streams}) > 200
    assert max(byes) - min(byes) > 1.0
    quarter = sorted(byes)[len(byes) // 4], sorted(byes)[3 * len(byes) // 4]
    assert quarter[1] - quarter[0] > 0.5  # not a few early and all the rest at the end


def test_while_draining_it_is_not_ready_but_answers() -> None:
    """A load balancer that still sends somebody does no harm: `bye`, and come again elsewhere."""
    with process(drain=60.0) as (child, port), EventStream(port) as stream:
        stream.until_ready()
        assert httpx.get(f"http://127.0.0.1:{port}/state").json()["ready"] is True
        child.send_signal(signal.SIGTERM)
        while httpx.get(f"http://127.0.0.1:{port}/state").json()["ready"]:
            time.sleep(0.01)
        with EventStream(port, "/stream?user=late") as late:
            late.until_over()
        assert late.head.startswith(b"HTTP/1.1 200")
        assert late.data("bye") == [{"reason": "drain", "reconnect": True}]


def test_two_interrupts_skip_the_drain() -> None:
    """For whoever sits at a terminal."""
    with process(drain=60.0) as (child, port), EventStream(port) as stream:
        stream.until_ready()
        child.send_signal(signal.SIGINT)
        while httpx.get(f"http://127.0.0.1:{port}/state").json()["ready"]:
            time.sleep(0.01)
        child.send_signal(signal.SIGINT)
        child.wait(timeout=30)  # half of the drain
