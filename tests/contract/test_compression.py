"""Compressed streams, on every way to a client: the same frames, each at once, and gzip only for who accepts it."""

import json
import os
import zlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from httpx_sse import EventSource, ServerSentEvent
from tidings_gateway.stream_settings import StreamSettings

from tests.streaming.client import EventStream
from tests.streaming.served import WAYS, Served, served

COMPRESSING = StreamSettings(gzip=True, heartbeat=0.3, drain_retry=(0.01, 0.05))


@pytest.fixture(params=WAYS)
def gateway(request: pytest.FixtureRequest) -> Iterator[Served]:
    """A gateway that compresses."""
    way = WAYS[request.param]
    with served(replace(COMPRESSING, native=way.native), protocol=way.protocol) as running:
        yield running


def following(events: Iterator[ServerSentEvent], kind: str) -> Any:
    """The data of the next event of this kind."""
    return next(json.loads(event.data) for event in events if event.event == kind)


def test_each_frame_comes_at_once_and_as_it_was(gateway: Served) -> None:
    """Nothing waits in the compressor for more, and the end is gzip's own."""
    url = f"http://127.0.0.1:{gateway.port}/stream?user=ann"
    with httpx.stream("GET", url, headers={"accept-encoding": "gzip"}, timeout=20) as response:
        assert response.headers["content-encoding"] == "gzip"
        events = EventSource(response).iter_sse()
        following(events, "ready")
        for title in ("one", "two", "three 🎈" * 100):
            gateway.publish("ann", title)
            assert following(events, "notification")["title"] == title
        gateway.call(gateway.gateway.streams.disconnect, "ann")
        assert following(events, "bye")["reason"] == "token-expired"
        assert not list(events)


def test_the_bytes_are_fewer_and_end_in_good_order(gateway: Served) -> None:
    """By the raw bytes: a tenth of what many alike frames take, and a whole gzip member."""
    url = f"http://127.0.0.1:{gateway.port}/stream?user=ann"
    with httpx.stream("GET", url, headers={"accept-encoding": "br, gzip;q=0.5"}, timeout=20) as response:
        raw = response.iter_raw()
        inflate, plain, size = zlib.decompressobj(31), b"", 0
        for number in range(50):
            gateway.publish("ann", f"title {number}")
        while plain.count(b"event: notification") < 50:
            piece = next(raw)
            size += len(piece)
            plain += inflate.decompress(piece)
        assert size * 5 < len(plain)
        gateway.call(gateway.gateway.streams.disconnect, "ann")
        for piece in raw:
            plain += inflate.decompress(piece)
    assert inflate.eof
    assert b"event: bye" in plain


@pytest.mark.parametrize("accepts", [None, "identity", "br", "gzip;q=0", "*;q=0"])
def test_who_does_not_accept_it_gets_plain_frames(gateway: Served, accepts: str | None) -> None:
    """As curl does, and an intermediary that cannot read gzip."""
    headers = {} if accepts is None else {"accept_encoding": accepts}
    with EventStream(gateway.port, **headers) as stream:
        stream.until_ready()
        assert "content-encoding" not in stream.fields()
        gateway.publish("ann", "plain")
        stream.until_titles("plain")


def test_a_client_that_does_not_read_is_still_noticed(gateway: Served) -> None:
    """Full is what the network has to carry, after compression; who reads again gets what it missed, or is told."""
    with EventStream(gateway.port, receive_buffer=4096, accept_encoding="gzip") as frozen:
        while not gateway.counters.slow and not gateway.counters.closed["slow"]:
            gateway.publish("ann", os.urandom(4096).hex())
    assert gateway.counters.opened == 1
    assert frozen.head == b""
