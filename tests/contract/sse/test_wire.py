"""What a stream promises, whichever way its frames take: our own server's transport, or any ASGI server.

Real servers, real sockets; the log is in memory.
"""

import gc
import os
import select
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from httpx_sse import connect_sse
from tidings_gateway.core.session import Session
from tidings_gateway.stream_settings import StreamSettings
from tidings_gateway.transports.fast import FastSink
from tidings_gateway.transports.sse import EventSourceSink
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from tests.stopwatch import Stopwatch
from tests.streaming.client import PATIENCE, EventStream
from tests.streaming.served import Served, Start, served

LONG = bool(os.environ.get("TIDINGS_LONG"))


def eventually(condition: Callable[[], Any]) -> None:
    """Waits for something that happens on the server."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


@contextmanager
def many(served: Served, count: int, path: str = "/stream?user=ann") -> Iterator[list[EventStream]]:
    """Several streams that have caught up."""
    with ExitStack() as stack:
        yield [stack.enter_context(EventStream(served.port, path)).until_ready() for _ in range(count)]


def read_all(streams: list[EventStream], condition: Callable[[EventStream], object]) -> None:
    """Reads several streams at once until the condition holds for each."""
    deadline = time.monotonic() + PATIENCE
    while waiting := [stream for stream in streams if not condition(stream) and not stream.closed]:
        assert time.monotonic() < deadline, "waited in vain"
        for stream in select.select(waiting, [], [], 1.0)[0]:
            stream.read()


def test_a_stream_opens_with_200_and_headers_against_buffering(start: Start) -> None:
    """Those of the streams and those that the application's middleware adds."""
    with EventStream(start().port) as stream:
        fields = stream.until_ready().fields()
    assert stream.head.startswith(b"HTTP/1.1 200")
    assert fields["content-type"] == "text/event-stream; charset=utf-8"
    assert fields["cache-control"] == "no-store, no-transform"
    assert fields["x-accel-buffering"] == "no"
    assert fields["x-stamp"] == "seen"


def test_a_notification_arrives_with_its_cursor(start: Start) -> None:
    """`ready` first, then what is published, for the right user alone."""
    gateway = start()
    with EventStream(gateway.port) as ann, EventStream(gateway.port, "/stream?user=bob") as bob:
        ann.until_ready()
        bob.until_ready()
        gateway.publish("ann", "for ann")
        gateway.publish("bob", "for bob")
        ann.until_titles("for ann")
        bob.until_titles("for bob")
    assert ann.data("ready") == [{"user": "ann", "cursor": ann.events[0].last_event_id, "resumed": False}]
    assert 1500 <= (ann.parser.retry or 0) <= 4500
    assert ann.cursor != ann.events[0].last_event_id


def test_a_shared_notification_reaches_all(start: Start) -> None:
    """One record, written once for each partition, for every follower's stream."""
    gateway = start(per_user=100)
    with many(gateway, 5) as anns, many(gateway, 5, "/stream?user=bob") as bobs:
        gateway.publish("", "for all")
        for stream in [*anns, *bobs]:
            stream.until_titles("for all")


def test_order_and_number_survive_a_burst(start: Start) -> None:
    """Frames that are merged into one write are still all the frames."""
    gateway = start()
    titles = [f"{number} " + "x" * 200 for number in range(500)]
    with EventStream(gateway.port) as stream:
        stream.until_ready()
        gateway.call(lambda: [gateway.gateway.publish("ann", title) for title in titles])
        stream.until_titles(*titles)


def test_a_stream_resumes_from_its_last_event_id(start: Start) -> None:
    """What came while the client was away, then live, without a gap or a repeat."""
    gateway = start()
    with EventStream(gateway.port) as stream:
        stream.until_ready()
        gateway.publish("ann", "1")
        stream.until_titles("1")
    gateway.publish("ann", "2")
    with EventStream(gateway.port, last_event_id=stream.cursor) as again:
        again.until_ready()
        gateway.publish("ann", "3")
        again.until_titles("2", "3")
    assert again.types() == ["notification", "ready", "notification"]
    assert again.data("ready")[0]["resumed"] is True


def test_a_long_history_is_given_whole(start: Start) -> None:
    """More than the buffers hold: the client's reading sets the pace, and nothing is left out."""
    gateway = start(write_buffer=4096)
    titles = [f"{number} " + "x" * 1000 for number in range(2000)]
    with EventStream(gateway.port) as stream:
        cursor = stream.until_ready().cursor
    gateway.call(lambda: [gateway.gateway.publish("ann", title) for title in titles])
    with EventStream(gateway.port, receive_buffer=4096, last_event_id=cursor) as again:
        again.until_titles(*titles)
        again.until_ready()


def test_a_forged_cursor_is_reset_not_refused(start: Start) -> None:
    """The answer is 200: any other would silence an EventSource for good."""
    gateway = start()
    with EventStream(gateway.port, last_event_id="forged") as stream:
        stream.until_ready()
    assert stream.types() == ["reset", "ready"]
    reset = stream.data("reset")[0]
    assert (reset["reason"], reset["snapshot"], reset["cursor"]) == ("malformed", "/v1/notifications", stream.cursor)


def test_heartbeats_move_the_cursor_of_a_quiet_stream(start: Start) -> None:
    """No event, but what passed for others need not be looked at again on resume."""
    gateway = start(heartbeat=0.4)
    with EventStream(gateway.port) as stream:
        begin = stream.until_ready().cursor
        gateway.publish("", "for all")
        stream.until_titles("for all")
        for number in range(20):
            gateway.publish(f"somebody else {number}")
        seen = stream.cursor
        stream.until(lambda s: s.cursor not in (begin, seen))
    assert stream.types() == ["ready", "notification"]


def test_a_stream_ends_with_its_token(start: Start) -> None:
    """`bye` says so, nothing comes after, and it is over by the time the token is."""
    gateway = start()
    with Stopwatch() as life, EventStream(gateway.port, "/stream?user=ann&lives=1.5") as stream:
        stream.until_over()
    assert stream.data("bye") == [{"reason": "token-expired", "reconnect": False}]
    assert (stream.types()[-1], stream.ended) == ("bye", True)
    assert life.seconds > 0.9
    assert life.took_less_than(1, beside=1.5), life
    eventually(lambda: gateway.counters.open == 0)


def test_a_user_can_be_sent_away(start: Start) -> None:
    """All its streams, and nobody else's."""
    gateway = start()
    with many(gateway, 3) as anns, EventStream(gateway.port, "/stream?user=bob") as bob:
        bob.until_ready()
        assert gateway.call(gateway.gateway.streams.disconnect, "ann") == 3
        for stream in anns:
            stream.until_over()
        gateway.publish("bob", "still here")
        bob.until_titles("still here")


@pytest.mark.parametrize("how", [EventStream.leave, EventStream.vanish])
def test_a_client_that_goes_is_forgotten(start: Start, how: Callable[[EventStream], None]) -> None:
    """Whether it says good-bye or is cut off."""
    gateway = start()
    stream = EventStream(gateway.port).until_ready()
    assert gateway.counters.open == 1
    how(stream)
    eventually(lambda: gateway.counters.open == 0)
    assert gateway.counters.closed["client"] == 1


def test_aborted_connections_leave_nothing_behind(start: Start) -> None:
    """Neither streams nor objects nor descriptors, whenever the client goes: before, during or after the head."""
    gateway = start(per_user=10_000, per_address=10_000)
    with EventStream(gateway.port) as stream:
        stream.until_ready()
    eventually(lambda: gateway.counters.open == 0)
    before = open_descriptors(), streams_in_memory()
    for number in range(5000 if LONG else 200):
        aborted = EventStream(gateway.port)
        if number % 3 == 1:
            aborted.until(lambda s: s.head)
        elif number % 3 == 2:
            aborted.until_ready()
        aborted.vanish()
    eventually(lambda: gateway.counters.open == 0 and open_descriptors() <= before[0])
    eventually(lambda: streams_in_memory() <= before[1])
    assert not list(gateway.gateway.streams._hub.sessions())
    assert gateway.gateway.streams._admission.total == 0


def test_aborted_connections_need_no_garbage_collector() -> None:
    """With our own server, reference counts free what they held: memory does not wait for a collection."""
    with served(StreamSettings(per_user=10_000, per_address=10_000)) as gateway:
        gc.collect()
        gc.disable()
        try:
            for number in range(60):
                aborted = EventStream(gateway.port)
                if number % 2:
                    aborted.until_ready()
                aborted.vanish()
            eventually(lambda: gateway.counters.open == 0)
            eventually(lambda: not any(isinstance(thing, HttpToolsProtocol) for thing in gc.get_objects()))
        finally:
            gc.enable()


def open_descriptors() -> int:
    """Of this process, in which the server runs too."""
    return len(list(Path("/proc/self/fd").iterdir()))


def streams_in_memory() -> int:
    """Objects that each open stream has one of."""
    gc.collect()
    kinds = (Session, FastSink, EventSourceSink, HttpToolsProtocol, H11Protocol)
    return sum(isinstance(thing, kinds) for thing in gc.get_objects())


def test_a_frozen_client_is_closed_and_harms_nobody(start: Start) -> None:
    """It costs a bounded buffer until it has stalled; the others get everything meanwhile."""
    gateway = start(stall=1.0, write_buffer=16_384)
    with EventStream(gateway.port, receive_buffer=4096) as frozen, EventStream(gateway.port) as healthy:
        healthy.until_ready()
        eventually(lambda: gateway.counters.open == 2)
        titles = [f"{number} " + "x" * 2000 for number in range(400)]
        for at in range(0, 400, 5):
            gateway.call(lambda some: [gateway.gateway.publish("ann", t) for t in some], titles[at : at + 5])
            healthy.until(lambda stream, expected=at + 5: len(stream.titles()) >= expected)
        healthy.until_titles(*titles)
        eventually(lambda: gateway.counters.open == 1)
        assert gateway.counters.slow["close"] == 1
        assert gateway.counters.closed["slow"] == 1
        frozen.until_over()


def test_a_slow_client_is_told_what_it_misses(start: Start) -> None:
    """It reads again after a while: what was left out is counted in a summary or told by a reset."""
    gateway = start(write_buffer=4096, conflate_above=50_000, summarise_above=100_000, reset_above=10_000_000)
    with EventStream(gateway.port, receive_buffer=4096) as stream:
        eventually(lambda: gateway.counters.open == 1)
        for number in range(1500):
            gateway.publish("ann", f"{number} " + "x" * 2000)
        stream.until(lambda s: s.titles() and s.titles()[-1].startswith("1499 "))
    given = [int(title.split()[0]) for title in stream.titles()]
    told = sum(data["count"] for data in stream.data("summary"))
    assert told > 0
    assert given == sorted(set(given))
    assert len(given) + told == 1500


def test_a_drain_says_bye_to_each_in_its_own_time(start: Start) -> None:
    """Over a window, each with a reconnection time of its own; who comes meanwhile is sent on."""
    gateway = start(per_user=100, per_address=100)
    with many(gateway, 20) as streams, Stopwatch() as drain:
        gateway.wait(gateway.gateway.streams.drain(1.0))
        assert not gateway.gateway.streams.ready
        for stream in streams:
            stream.until_over()
    assert all(stream.data("bye") == [{"reason": "drain", "reconnect": True}] and stream.ended for stream in streams)
    assert len({stream.parser.retry for stream in streams}) > 10
    assert drain.took_less_than(4, beside=1), drain
    with EventStream(gateway.port) as late:
        late.until_over()
    assert (late.head[:12], late.types()) == (b"HTTP/1.1 200", ["bye"])


def test_beyond_the_limit_the_answer_is_200_and_bye(start: Start) -> None:
    """Never 503, which browsers take for a good-bye for ever; with a retry of seconds."""
    gateway = start(per_user=2)
    with many(gateway, 2), EventStream(gateway.port) as third:
        third.until_over()
        assert third.head.startswith(b"HTTP/1.1 200")
        assert third.data("bye") == [{"reason": "limit", "reconnect": True}]
        assert 5_000 <= (third.parser.retry or 0) <= 30_000
        with EventStream(gateway.port, "/stream?user=bob") as other:
            other.until_ready()
    eventually(lambda: gateway.counters.open == 0)
    with many(gateway, 2):
        pass


def test_head_opens_no_stream(start: Start) -> None:
    """It answers with the headers alone."""
    gateway = start()
    answer = httpx.head(f"http://127.0.0.1:{gateway.port}/stream?user=ann")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
    assert gateway.counters.opened == 0


def test_an_old_client_is_served_too(start: Start) -> None:
    """HTTP/1.0, as some proxies still speak to what is behind them."""
    gateway = start()
    with EventStream(gateway.port, version="1.0") as stream:
        stream.until_ready()
        gateway.publish("ann", "hello")
        stream.until_titles("hello")


def test_a_client_library_reads_it(start: Start) -> None:
    """httpx-sse, which knows nothing of us."""
    gateway = start()
    with (
        httpx.Client() as client,
        connect_sse(client, "GET", f"http://127.0.0.1:{gateway.port}/stream?user=ann") as source,
    ):
        events = (event for event in source.iter_sse() if event.data)  # it dispatches frames without data too
        assert next(events).event == "ready"
        gateway.publish("ann", "héllo\u2028wörld")
        found = next(events)
    assert (found.event, found.json()["title"]) == ("notification", "héllo\u2028wörld")
    assert found.id.startswith("v1.")


def test_whatever_a_client_goes_on_to_say_is_ignored(start: Start) -> None:
    """A stream is one-way; a second request on its connection is never answered, nor does it end the first."""
    gateway = start()
    with EventStream(gateway.port) as stream:
        stream.until_ready()
        stream.say(b"GET /state HTTP/1.1\r\nHost: localhost\r\n\r\n")
        gateway.publish("ann", "still here")
        stream.until_titles("still here")
