"""Connections from one worker to another, over real sockets."""

import asyncio
import os
import socket
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from tidings_gateway.handover import Doors, Handover, Reception, doors_of
from tidings_gateway.transports.fast import EXTENSION

from tests.service.transport.harness import until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux passes connections on")

CONNECTIONS = 400  # more than the sockets between workers hold


class Offered:
    """A server's end of a connection."""

    def __init__(self) -> None:
        self.client, self._server = socket.socketpair()

    def release(self) -> int | None:
        return os.dup(self._server.fileno())

    def let_go(self) -> None:
        self._server.close()


class Answering(asyncio.Protocol):
    """Answers with the head that it was given."""

    def __init__(self, head: bytes) -> None:
        self._head = head

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(self._head)
        transport.close()


@pytest.fixture
def pair() -> Iterator[list[Doors]]:
    """The doors of two workers."""
    made = doors_of(2)
    yield made
    for doors in made:
        doors.close()


def asked(offer: Offered, number: int) -> dict[str, Any]:
    """A request of a client's."""
    target = {"method": "GET", "raw_path": b"/v1/stream", "query_string": b"n=%d" % number, "http_version": "1.1"}
    return {**target, "headers": [(b"host", b"localhost")], "extensions": {EXTENSION: offer}}


async def test_what_is_passed_on_while_nobody_takes_it_waits(pair: list[Doors]) -> None:
    """As when the other worker has died: its successor gets every connection, each with its own request."""
    handover, offers = Handover(pair[0].outboxes), [Offered() for _ in range(CONNECTIONS)]
    passing = [asyncio.create_task(handover.pass_on(asked(o, n), 1)) for n, o in enumerate(offers)]
    await until(lambda: any(task.done() for task in passing), "some are under way")
    assert not all(task.done() for task in passing)
    reception = Reception(pair[1].inbox, Answering)
    assert all(await asyncio.wait_for(asyncio.gather(*passing), 30))
    for number, offer in enumerate(offers):
        reader, writer = await asyncio.open_connection(sock=offer.client)
        answer = await asyncio.wait_for(reader.read(), 30)
        assert answer.startswith(b"GET /v1/stream?n=%d HTTP/1.1\r\n" % number)
        writer.close()
    reception.close()


@pytest.mark.parametrize("field", [b"tidings-passed", b"content-length", b"transfer-encoding"])
async def test_what_was_passed_on_before_or_has_a_body_stays(pair: list[Doors], field: bytes) -> None:
    """Two workers that disagree must not send a client to and fro."""
    offer = Offered()
    request = asked(offer, 0)
    request["headers"].append((field, b"1"))
    assert not await Handover(pair[0].outboxes).pass_on(request, 1)
    offer.let_go()
    offer.client.close()


async def test_a_request_that_a_server_of_another_kind_took_stays(pair: list[Doors]) -> None:
    """It does not offer the connection."""
    request = asked(Offered(), 0) | {"extensions": {}}
    assert not await Handover(pair[0].outboxes).pass_on(request, 1)
