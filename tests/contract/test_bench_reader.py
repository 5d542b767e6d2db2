"""The bench's client in C: it must count what came, what is missing and what came twice, however the bytes are cut."""

import shutil
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tidings_bench.gateway.reader import Reader, due_of, get, mark

pytestmark = pytest.mark.skipif(not (shutil.which("cc") and shutil.which("taskset")), reason="no cc, or no taskset")

Served = tuple[int, list[bytes]]
HEAD = b"HTTP/1.1 200 OK\r\n\r\nevent: ready\n\n"


@contextmanager
def server(*answers: list[bytes], last: bytes = b"", go: threading.Event | None = None) -> Iterator[Served]:
    """Gives each connection in turn its answer, piece by piece, an empty one being the end; then, told to `go`, `last`
    to all. Yields its port and the requests that came."""
    requests: list[bytes] = []
    kept: list[socket.socket] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        for pieces in answers:
            connection, _ = listener.accept()
            kept.append(connection)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            requests.append(connection.recv(4096))
            for piece in pieces:
                if piece:
                    connection.sendall(piece)
                else:
                    connection.close()
        if go is not None and go.wait(10):
            for connection in kept:
                connection.sendall(last)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1], requests
    finally:
        thread.join(10)
        for connection in [listener, *kept]:
            connection.close()


def frames(*numbers: int) -> bytes:
    return b"".join(b"id: v1.AAAAAAAAAAAAAAAAAAAAA%d\ndata: %s\n\n" % (n, mark(n, 1).encode()) for n in numbers)


def test_gaps_and_repeats_are_counted(tmp_path: Path) -> None:
    """1, 2, 2, 5: three came, two are missing, one came twice; number 0 only warms up."""
    with (
        server([HEAD, frames(0, 1, 2, 2, 5)]) as (port, _),
        Reader(port, [get("/")], "event: ready", tmp_path) as reader,
    ):
        control = reader.until("delivered", 3)
    assert (control.ready, control.warm, control.delivered, control.lost, control.repeated) == (1, 1, 3, 2, 1)


def test_marks_are_found_wherever_the_bytes_are_cut(tmp_path: Path) -> None:
    """Each byte may come alone."""
    pieces = [bytes([byte]) for byte in HEAD + frames(1, 2, 3)]
    with server(pieces) as (port, _), Reader(port, [get("/")], "event: ready", tmp_path) as reader:
        control = reader.until("delivered", 3)
    assert (control.ready, control.lost, control.repeated) == (1, 0, 0)


def test_a_client_that_comes_back_says_where_it_was(tmp_path: Path) -> None:
    """By the last id that it saw, and it counts on from there."""
    with (
        server([HEAD, frames(1, 2), b""], [HEAD, frames(3)]) as (port, requests),
        Reader(port, [get("/")], "event: ready", tmp_path, resume=1) as reader,
    ):
        control = reader.until("delivered", 3)
    assert (control.closed, control.lost, control.repeated) == (1, 0, 0)
    assert b"Last-Event-ID: v1.AAAAAAAAAAAAAAAAAAAAA2\r\n\r\n" in requests[1]


def test_a_frozen_client_reads_nothing_more(tmp_path: Path) -> None:
    """While the other one reads on."""
    go = threading.Event()
    with (
        server([HEAD], [HEAD], last=frames(1, 2), go=go) as (port, _),
        Reader(port, [get("/"), get("/")], "event: ready", tmp_path, frozen=1) as reader,
    ):
        reader.until("ready", 2)
        go.set()
        reader.until("delivered", 2)
        assert reader.until("delivered", 3, 0.3, quiet=True).delivered == 2


def test_when_each_event_came_is_noted(tmp_path: Path) -> None:
    """With the option: what was due and when it came, of all that counts and of nothing else."""
    before = time.time_ns()
    with (
        server([HEAD, frames(0, 1, 2, 2)]) as (port, _),
        Reader(port, [get("/")], "event: ready", tmp_path, arrivals=1) as reader,
    ):
        reader.until("repeated", 1)
        reader.finish()
    pairs = list(struct.iter_unpack("=QQ", reader.arrivals.read_bytes()))
    assert [due for due, _ in pairs] == [1, 1]
    assert all(before < arrived < time.time_ns() for _, arrived in pairs)


def test_a_mark_says_when_its_event_was_due() -> None:
    """Wherever it stands among other bytes; one that does not count says nothing."""
    assert due_of(b"~\x00~7~" + mark(3, 1234).encode() + b"~") == 1234
    assert due_of(mark(0, 1234).encode()) is None
    assert due_of(b"nothing") is None
