"""A TCP proxy that is cut, mended and slowed down at will: for tests, and for chaos where toxiproxy is missing."""

import socket
import threading
import time
from contextlib import suppress

_BUFFER = 65536


class Proxy:
    """Forwards a port of its own (`port`) to a real server's, until it is `cut`; `mend` lets it forward again.

    Attributes:
        delay: seconds that each piece of data is held back, in both directions.
    """

    def __init__(self, host: str, port: int, listen: int = 0) -> None:
        self._target = host, port
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._cut = False
        self.delay = 0.0
        self._listener = socket.create_server(("127.0.0.1", listen))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Breaks every connection and takes no new one."""
        self._cut = True
        with self._lock:
            for connection in self._open:
                _end(connection)

    def mend(self) -> None:
        """Forwards again, and at once."""
        self._cut = False
        self.delay = 0.0

    def close(self) -> None:
        """Ends it."""
        self.cut()
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self._cut:
                client.close()
                continue
            try:
                server = socket.create_connection(self._target)
            except OSError:  # the server is down: so is this connection
                client.close()
                continue
            with self._lock:
                self._open |= {client, server}
            for source, sink in ((client, server), (server, client)):
                threading.Thread(target=self._pump, args=(source, sink), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(_BUFFER):
                if self.delay:
                    time.sleep(self.delay)
                sink.sendall(data)
        with self._lock:
            self._open -= {source, sink}
        for end in (source, sink):
            _end(end)


def _end(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
