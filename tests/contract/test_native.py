"""The loop of sends in C: what it promises, and that a machine without a compiler does without it."""

import shutil
import socket
import stat
from array import array
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import pytest
from tidings_gateway.core.audience import Audience
from tidings_gateway.core.session import Session
from tidings_gateway.frames import chunk
from tidings_gateway.native import sender
from tidings_gateway.native.sender import MOST, Sender
from tidings_gateway.transports.base import payload
from tidings_gateway.transports.fanout import FanOut, PlainFanOut
from tidings_gateway.transports.fast import FastSink
from tidings_gateway.transports.native_fanout import NativeFanOut, chosen
from tidings_schemas.native.build import NotBuilt, built

SOURCE = Path(sender.__file__).with_name("send.c")
compiled = pytest.mark.skipif(not shutil.which("cc"), reason="there is no C compiler")


@pytest.fixture(autouse=True)
def own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A cache that nobody else has built in."""
    monkeypatch.setenv("TIDINGS_HOME", str(tmp_path))
    return tmp_path / "cache" / "native"


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Two ends of one connection."""
    near, far = socket.socketpair()
    with near, far:
        yield near, far


class Line:
    """What `FastSink` needs of a transport, over one end of a pair."""

    def __init__(self) -> None:
        self.near, self.far = socket.socketpair()
        self.written = 0
        self.waits = 0

    def get_extra_info(self, name: str) -> socket.socket | None:
        return self.near if name == "socket" else None

    def get_write_buffer_size(self) -> int:
        return self.waits

    def write(self, data: bytes) -> None:
        self.written += 1
        self.near.sendall(data)


@pytest.fixture(params=["python", "c"])
def way(request: pytest.FixtureRequest) -> FanOut:
    """Both ways of writing."""
    if request.param == "python":
        return PlainFanOut()
    if not shutil.which("cc"):
        pytest.skip("there is no C compiler")
    return NativeFanOut(Sender(), 1)


@compiled
def test_each_socket_gets_the_data(pair: tuple[socket.socket, socket.socket]) -> None:
    """All of it, and nobody is reported."""
    near, far = pair
    assert Sender().send(array("i", [near.fileno(), far.fileno()]), b"hello") == []
    assert (near.recv(100), far.recv(100)) == (b"hello", b"hello")


@compiled
def test_a_full_socket_reports_what_it_took(pair: tuple[socket.socket, socket.socket]) -> None:
    """The rest is the caller's to send; the sockets after it are served all the same."""
    near, far = pair
    other, end = socket.socketpair()
    with other, end:
        data = b"x" * (8 << 20)
        left = dict(Sender().send(array("i", [near.fileno(), other.fileno()]), data))
        assert left.keys() == {0, 1}
        assert 0 < left[0] < len(data)
        assert dict(Sender().send(array("i", [near.fileno()]), b"more")) == {0: 0}
        assert len(far.recv(1 << 20)) > 0


@compiled
def test_each_socket_gets_its_own(pair: tuple[socket.socket, socket.socket]) -> None:
    """As a chunk, in whatever sizes; one that takes only a part and one that is dead are reported, others are not."""
    near, far = pair
    other, end = socket.socketpair()
    with other, end:
        whole = b"x" * (8 << 20)
        sockets = [near.fileno(), 9999, other.fileno(), far.fileno()]
        left = dict(Sender().send_chunks(sockets, [b"to far", b"lost", whole, b"\0to near"]))
        assert left.keys() == {1, 2}
        assert left[1] == 0
        assert 0 < left[2] < len(whole)
        assert (near.recv(100), far.recv(100)) == (chunk(b"\0to near"), chunk(b"to far"))
        part = end.recv(9 << 20, socket.MSG_DONTWAIT)
        assert chunk(whole).startswith(part)


@compiled
def test_chunks_of_all_sizes_are_those_that_python_makes(pair: tuple[socket.socket, socket.socket]) -> None:
    """Around each power of sixteen, where the size becomes a digit longer."""
    near, far = pair
    for size in (1, 9, 10, 15, 16, 17, 255, 256, 4095, 4096, 65_535, 65_536):
        data = b"x" * size
        assert Sender().send_chunks([near.fileno()], [data]) == []
        assert waiting(far) == chunk(data)


def waiting(far: socket.socket) -> bytes:
    """All that has come."""
    taken = b""
    with suppress(BlockingIOError):
        while some := far.recv(1 << 20, socket.MSG_DONTWAIT):
            taken += some
    return taken


def test_more_letters_than_fit_into_one_call_all_arrive(way: FanOut) -> None:
    """Each at its own client; C writes around the transports."""
    lines = [Line() for _ in range(2 * MOST + 1)]
    try:
        sessions = [Session(f"user-{at}", FastSink(cast(Any, line))) for at, line in enumerate(lines)]
        assert way.each([(session, payload(session.user.encode())) for session in sessions]) == []
        assert [line.far.recv(100) for line in lines] == [payload(s.user.encode()).chunked for s in sessions]
        assert {line.written for line in lines} == {1 if isinstance(way, PlainFanOut) else 0}
    finally:
        for line in lines:
            line.near.close()
            line.far.close()


def test_an_audience_is_written_to_again_and_again(way: FanOut) -> None:
    """What is remembered of it holds while all take all at once; what waits in a transport goes out first."""
    lines = [Line() for _ in range(3)]
    try:
        audience = Audience([Session(f"user-{at}", FastSink(cast(Any, line))) for at, line in enumerate(lines)])
        for text in (b"one", b"two"):
            assert way.all(audience, payload(text)) == []
        lines[1].waits = 1  # something before was not taken whole
        audience[1].sink.write(payload(b"apart"))
        assert way.all(audience, payload(b"three")) == []
        written = lines[1].written
        lines[1].waits = 0
        assert way.all(audience, payload(b"four")) == []
        assert lines[1].written == (written if isinstance(way, NativeFanOut) else written + 1)
        texts = [b"one", b"two", b"three", b"four"], [b"one", b"two", b"apart", b"three", b"four"]
        wanted = [b"".join(payload(text).chunked for text in texts[at == 1]) for at in range(3)]
        assert [waiting(line.far) for line in lines] == wanted
    finally:
        for line in lines:
            line.near.close()
            line.far.close()


@compiled
def test_a_dead_socket_counts_as_having_taken_nothing(pair: tuple[socket.socket, socket.socket]) -> None:
    """No signal, no exception: its transport will notice."""
    near, far = pair
    far.close()
    assert Sender().send(array("i", [near.fileno(), 9999]), b"hello") == [(0, 0), (1, 0)]


@compiled
def test_it_is_built_once_for_the_user_alone(own_cache: Path) -> None:
    """The second time it is found; nobody else may write there."""
    first = built(SOURCE)
    made = first.stat().st_mtime_ns
    assert built(SOURCE) == first
    assert first.stat().st_mtime_ns == made
    assert stat.S_IMODE(own_cache.stat().st_mode) == 0o700


def test_a_cache_that_others_may_write_to_is_refused(own_cache: Path) -> None:
    """Whoever could write there could run code as us."""
    own_cache.mkdir(parents=True)
    own_cache.chmod(0o777)
    with pytest.raises(NotBuilt, match="chmod 700"):
        built(SOURCE)


def test_without_a_compiler_python_does_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless the settings insist; then the error names the remedy."""
    monkeypatch.setenv("CC", "no-such-compiler")
    assert isinstance(chosen("auto"), PlainFanOut)
    with pytest.raises(NotBuilt, match="install one"):
        chosen("on")


def test_a_compiler_that_fails_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what it says."""
    monkeypatch.setenv("CC", "false")
    with pytest.raises(NotBuilt, match="false fails"):
        built(SOURCE)


@compiled
def test_the_settings_choose() -> None:
    """Off is off even where C could be had."""
    assert isinstance(chosen("off"), PlainFanOut)
    assert isinstance(chosen("auto"), NativeFanOut)
