"""Passing a connection on to the worker that has its user's partition.

A worker cannot choose who connects to it, and learns only from the request who that is. So the descriptor goes through
a Unix socket (SCM_RIGHTS, unix(7)) together with the request's head, and the other worker reads that as if the client
had just sent it. The client notices nothing. The parent holds these sockets too: what is passed on to a worker that has
just died waits for its successor.
"""

import asyncio
import os
import socket
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from starlette.types import Scope

from .transports.fast import EXTENSION

#: Set on a request that was passed on once. If it is wrong there too, partitions are just changing: no second hop.
PASSED = b"tidings-passed"
_MESSAGE_BYTES = 128 * 1024  # a request's head is much smaller
_AT_ONCE = 64
_BODY = frozenset((b"content-length", b"transfer-encoding"))


@dataclass(frozen=True, slots=True)
class Doors:
    """One worker's ends of the sockets between them. `inbox`: its own; `outboxes`: of each worker, by number."""

    inbox: socket.socket
    outboxes: tuple[socket.socket, ...]

    def close(self) -> None:
        """Closes all of them, in this process."""
        for end in (self.inbox, *self.outboxes):
            end.close()


def doors_of(count: int) -> list[Doors]:
    """The doors of each of `count` workers; none where the system cannot pass connections on (all but Linux)."""
    if sys.platform != "linux":
        return []
    pairs = [socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET) for _ in range(count)]
    for end in (end for pair in pairs for end in pair):
        end.setblocking(False)
    outboxes = tuple(outbox for outbox, _ in pairs)
    return [Doors(inbox, outboxes) for _, inbox in pairs]


class Releasing(Protocol):
    """A server's end of one connection, see `StreamProtocol`."""

    def release(self) -> int | None:
        """A descriptor of the connection, which is not read here any more, to be closed; None: it cannot be had."""

    def let_go(self) -> None:
        """Closes this process's end; the connection lives on if another process has it."""


class Handover:
    """Passes connections on.

    Args:
        outboxes: of each worker, by number.
    """

    def __init__(self, outboxes: Sequence[socket.socket]) -> None:
        self._outboxes = outboxes
        self._turns = [asyncio.Lock() for _ in outboxes]

    async def pass_on(self, scope: Scope, worker: int) -> bool:
        """Passes the request's connection on; from then on nothing that is sent here reaches the client.

        False: it cannot be passed on, so it must be answered here. While the other worker takes nothing, this waits.
        """
        names = {name for name, _ in scope["headers"]}
        offer: Releasing | None = (scope.get("extensions") or {}).get(EXTENSION)
        if offer is None or PASSED in names or names & _BODY:
            return False
        descriptor = offer.release()
        if descriptor is None:
            return False
        try:
            await self._send(worker, head_of(scope), descriptor)
        finally:
            os.close(descriptor)
            offer.let_go()
        return True

    async def _send(self, worker: int, head: bytes, descriptor: int) -> None:
        outbox = self._outboxes[worker]
        async with self._turns[worker]:
            while True:
                try:
                    socket.send_fds(outbox, [head], [descriptor])
                except BlockingIOError:
                    await _writable(outbox)
                else:
                    return


class Reception:
    """Takes in what other workers pass on.

    Args:
        inbox: this worker's.
        protocol: makes a server's end of a connection whose request's head is known.
    """

    def __init__(self, inbox: socket.socket, protocol: Callable[[bytes], asyncio.Protocol]) -> None:
        self._inbox = inbox
        self._protocol = protocol
        self._loop = asyncio.get_running_loop()
        self._adopting: set[asyncio.Task[None]] = set()
        self._loop.add_reader(inbox, self._readable)

    def close(self) -> None:
        """Takes in no more; the inbox stays open."""
        self._loop.remove_reader(self._inbox)

    def _readable(self) -> None:
        for _ in range(_AT_ONCE):
            try:
                head, descriptors, _, _ = socket.recv_fds(self._inbox, _MESSAGE_BYTES, 1)
            except BlockingIOError:
                return
            if not head:  # nobody is left who could send
                self.close()
                return
            for descriptor in descriptors:
                task = self._loop.create_task(self._adopt(head, socket.socket(fileno=descriptor)))
                self._adopting.add(task)
                task.add_done_callback(self._adopting.discard)

    async def _adopt(self, head: bytes, connection: socket.socket) -> None:
        try:
            await self._loop.connect_accepted_socket(lambda: self._protocol(head), connection)
        except OSError:  # the client has gone
            connection.close()


def head_of(scope: Scope) -> bytes:
    """The head of a request without a body, as it came over HTTP/1 (RFC 9112, section 3), marked as passed on."""
    target = scope["raw_path"] + (b"?" + scope["query_string"] if scope["query_string"] else b"")
    lines = [b"%b %b HTTP/%b" % (scope["method"].encode(), target, scope["http_version"].encode())]
    lines += [b"%b: %b" % header for header in [*scope["headers"], (PASSED, b"1")]]
    return b"\r\n".join([*lines, b"", b""])


async def _writable(outbox: socket.socket) -> None:
    loop, ready = asyncio.get_running_loop(), asyncio.Event()
    loop.add_writer(outbox, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_writer(outbox)
