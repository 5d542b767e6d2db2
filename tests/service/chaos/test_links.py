"""The links that chaos breaks: by our own proxy, and by toxiproxy where it is there."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from tidings.local import paths, ports
from tidings_chaos.links import Links, NetFault, OwnLinks, Route
from tidings_chaos.toxiproxy import ToxiproxyLinks, program

LINK = "workers"


@pytest.fixture
def echo() -> Iterator[int]:
    """The port of a server that says what it is told."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_serve, args=(server,), daemon=True).start()
        yield server.getsockname()[1]


@pytest.fixture(params=["own", "toxiproxy"])
def links(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Links]:
    """Both kinds."""
    made: Links
    if request.param == "own":
        made = OwnLinks()
    else:
        found = program(paths.folders().cache, print, build=False)
        if found is None:
            pytest.skip("toxiproxy is not here: `tidings chaos` builds it with Go")
        made = ToxiproxyLinks(found, ports.free_ports().gateway, tmp_path / "toxiproxy.log")
    yield made
    made.close()


def test_a_link_is_cut_slowed_and_mended(links: Links, echo: int) -> None:
    """Whole, it carries; down, it does not; slow, it takes its time; mended, it is as before."""
    port = ports.free_ports().gateway
    links.open([Route(LINK, port, echo)])
    assert round_trip(port) is not None
    links.spoil(LINK, NetFault.DOWN)
    assert round_trip(port) is None
    links.mend(LINK)
    assert round_trip(port) is not None
    links.spoil(LINK, NetFault.LATENCY)
    slow = round_trip(port)
    assert slow is not None
    assert slow >= 0.2
    links.mend(LINK)
    assert round_trip(port) is not None


def test_a_connection_breaks_when_its_link_goes_down(links: Links, echo: int) -> None:
    """Who is connected is cut off, not only who comes."""
    port = ports.free_ports().gateway
    links.open([Route(LINK, port, echo)])
    with socket.create_connection(("127.0.0.1", port), 5) as connection:
        connection.sendall(b"x")
        assert connection.recv(1) == b"x"
        links.spoil(LINK, NetFault.DOWN)
        with suppress(ConnectionError):
            assert connection.recv(1) == b""


def test_what_can_be_spoilt_can_be_mended(links: Links, echo: int) -> None:
    """Every fault that the links claim to know is taken, and gone afterwards."""
    port = ports.free_ports().gateway
    links.open([Route(LINK, port, echo)])
    for fault in links.faults:
        links.spoil(LINK, fault)
        links.mend(LINK)
        assert round_trip(port) is not None, fault


def test_only_the_link_that_is_mended_is_whole_again(links: Links, echo: int) -> None:
    """Another one that is spoilt meanwhile stays so, cut or slow."""
    mended, down, slow = (ports.free_ports().gateway for _ in range(3))
    links.open([Route(LINK, mended, echo), Route("down", down, echo), Route("slow", slow, echo)])
    links.spoil("down", NetFault.DOWN)
    links.spoil("slow", NetFault.LATENCY)
    links.spoil(LINK, NetFault.DOWN)
    links.mend(LINK)
    assert round_trip(mended) is not None
    assert round_trip(down) is None
    assert (round_trip(slow) or 0.0) >= 0.2


def round_trip(port: int) -> float | None:
    """Seconds until a byte comes back through a new connection; None if none does."""
    began = time.monotonic()
    try:
        with socket.create_connection(("127.0.0.1", port), 5) as connection:
            connection.settimeout(5)
            connection.sendall(b"x")
            return time.monotonic() - began if connection.recv(1) == b"x" else None
    except OSError:
        return None


def _serve(server: socket.socket) -> None:
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        threading.Thread(target=_echo, args=(connection,), daemon=True).start()


def _echo(connection: socket.socket) -> None:
    with suppress(OSError), connection:
        while data := connection.recv(100):
            connection.sendall(data)
