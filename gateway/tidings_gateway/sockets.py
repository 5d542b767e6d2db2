"""The listening socket. What is set on it, every accepted connection inherits."""

import socket
import sys


def listen(
    host: str,
    port: int,
    backlog: int = 4096,
    send_buffer: int = 64 * 1024,
    dead_after: float = 12.0,
    shares_port: bool = False,
) -> socket.socket:
    """A socket that listens on `host` and `port` (0: any free one).

    Args:
        backlog: connections that may wait to be accepted, as after a restart.
        send_buffer: bytes that the kernel keeps for one client. Left to itself it takes 3–4 MB for one that does not
            read, before anybody here notices.
        dead_after: seconds after which a peer that vanished without a word is given up.
        shares_port: other sockets of this user may listen there too; the kernel spreads connections (SO_REUSEPORT).

    Raises:
        OSError: the address cannot be had; the text names it.
    """
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        for level, option, value in _options(send_buffer, dead_after):
            listener.setsockopt(level, option, value)
        if shares_port:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind(address)
        listener.listen(backlog)
        listener.setblocking(False)
    except OSError as error:
        listener.close()
        raise OSError(error.errno, f"cannot listen on {host}:{port}: {error.strerror}") from error
    return listener


def listen_together(host: str, port: int, count: int) -> list[socket.socket]:
    """`count` sockets on one port, among which the kernel spreads connections; elsewhere than on Linux `count` times
    the same one, since only Linux spreads.

    Raises:
        OSError: the address cannot be had, or another program has it.
    """
    first = listen(host, port)  # not sharing: with a port that is shared already the next call would succeed
    if sys.platform != "linux":
        return [first] * count
    taken = first.getsockname()[1]
    first.close()
    return [listen(host, taken, shares_port=True) for _ in range(count)]


def _options(send_buffer: int, dead_after: float) -> list[tuple[int, int, int]]:
    options = [
        (socket.SOL_SOCKET, socket.SO_REUSEADDR, 1),
        (socket.SOL_SOCKET, socket.SO_SNDBUF, send_buffer // 2),  # Linux doubles it
        (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
        (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
    ]
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux
        options += [
            (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, round(dead_after * 1000)),
            (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, max(1, round(dead_after / 2))),
            (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, max(1, round(dead_after / 6))),
            (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3),
        ]
    return options
