"""`/healthz`, `/readyz` and `/metrics`, answered by a thread of their own, so also while the loop is stuck."""

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST


class Health:
    """The HTTP server.

    Args:
        host, port: where to listen; port 0 takes a free one, see `port`.
        reasons: what keeps the worker from being ready, in words; none when it is. Called in this server's threads.
        registry: the metrics.

    Raises:
        OSError: the port is taken; on construction.
    """

    def __init__(self, host: str, port: int, reasons: Callable[[], list[str]], registry: CollectorRegistry) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, kind, body = _answer(self.path.partition("?")[0], reasons, registry)
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                """Probes come every second; nobody reads of them."""

        self._server = ThreadingHTTPServer((host, port), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, name="health", daemon=True)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    def start(self) -> None:
        """Starts answering."""
        self._thread.start()

    def stop(self) -> None:
        """Ends the server."""
        self._server.shutdown()
        self._server.server_close()


def _answer(path: str, reasons: Callable[[], list[str]], registry: CollectorRegistry) -> tuple[int, str, bytes]:
    if path == "/healthz":
        return 200, "application/json", b'{"status":"alive"}'
    if path == "/readyz":
        why_not = reasons()
        body = orjson.dumps({"status": "not ready" if why_not else "ready", "reasons": why_not})
        return 503 if why_not else 200, "application/json", body
    if path == "/metrics":
        return 200, CONTENT_TYPE_LATEST, generate_latest(registry)
    return 404, "application/json", b'{"detail":"there are /healthz, /readyz and /metrics"}'
