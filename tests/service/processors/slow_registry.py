"""A schema registry that keeps some schemas to itself until a test lets it tell them."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx


class SlowRegistry:
    """Passes on what is asked to the real one; whoever asks for a schema that is kept waits until `tell`.

    Attributes:
        url: where to ask, as `SCHEMA_REGISTRY_URL` has it.
    """

    def __init__(self, real_url: str, kept: int) -> None:
        self._told = told = threading.Event()

        class Handler(BaseHTTPRequestHandler):
            def _pass_on(self) -> None:
                if self.path == f"/schemas/ids/{kept}":
                    told.wait()
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                headers = {"Content-Type": self.headers.get("Content-Type", "application/json")}
                answer = httpx.request(self.command, real_url + self.path, content=body, headers=headers, timeout=30)
                with suppress(OSError):  # whoever asked may have given up
                    self.send_response(answer.status_code)
                    self.send_header("Content-Type", answer.headers["Content-Type"])
                    self.send_header("Content-Length", str(len(answer.content)))
                    self.end_headers()
                    self.wfile.write(answer.content)

            do_GET = do_POST = _pass_on

            def log_message(self, format: str, *args: object) -> None:
                """What is asked is no news."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def tell(self) -> None:
        """Keeps nothing any longer."""
        self._told.set()


@contextmanager
def slow_registry(real_url: str, kept: int) -> Iterator[SlowRegistry]:
    """One that keeps the schema of an id to itself, until the block ends at the latest."""
    made = SlowRegistry(real_url, kept)
    threading.Thread(target=made.server.serve_forever, daemon=True).start()
    try:
        yield made
    finally:
        made.tell()
        made.server.shutdown()
        made.server.server_close()
