"""What goes along with a connection that is passed on."""

from typing import Any

import httptools
from hypothesis import given
from hypothesis import strategies as st
from tidings_gateway.handover import PASSED, head_of

NAMES = st.from_regex(r"[a-z][a-z0-9-]{0,20}", fullmatch=True).filter(
    lambda name: name not in ("content-length", "transfer-encoding", "connection", "upgrade")
)
VALUES = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=40)
PATHS = st.from_regex(r"/[A-Za-z0-9%/._-]{0,40}", fullmatch=True)
QUERIES = st.from_regex(r"[A-Za-z0-9%=&._-]{0,40}", fullmatch=True)


class Heard:
    """What a server's parser makes of bytes."""

    def __init__(self, head: bytes) -> None:
        self.url = b""
        self.headers: list[tuple[bytes, bytes]] = []
        self.complete = False
        parser = httptools.HttpRequestParser(self)
        parser.feed_data(head)
        self.method, self.version = parser.get_method(), parser.get_http_version()

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name, value))

    def on_message_complete(self) -> None:
        self.complete = True


@given(PATHS, QUERIES, st.lists(st.tuples(NAMES, VALUES), max_size=8), st.sampled_from(["1.0", "1.1"]))
def test_the_other_worker_reads_what_the_client_sent(
    path: str, query: str, headers: list[tuple[str, str]], version: str
) -> None:
    """The same target, version and fields in their order, and that it was passed on."""
    sent = [(name.encode(), value.encode()) for name, value in headers]
    scope: dict[str, Any] = {
        "method": "GET",
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "http_version": version,
        "headers": sent,
    }
    heard = Heard(head_of(scope))
    assert heard.complete
    assert (heard.method, heard.version) == (b"GET", version)
    assert heard.url == (f"{path}?{query}" if query else path).encode()
    assert heard.headers == [*sent, (PASSED, b"1")]
