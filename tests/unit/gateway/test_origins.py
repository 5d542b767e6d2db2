"""Which pages may act with a user's cookie."""

import pytest
from tidings_gateway.auth.identity import Forbidden
from tidings_gateway.auth.origins import check_origin

ALLOWED = frozenset({"https://app.example.com", "https://app.example.com:8443", "http://127.0.0.1:8600"})
FOREIGN = [
    None,
    "",
    "null",
    "https://evil.example",
    "https://app.example.com.evil.example",
    "https://evil-app.example.com",
    "https://evilapp.example.com",
    "https://example.com",
    "https://sub.app.example.com",
    "http://app.example.com",
    "wss://app.example.com",
    "https://app.example.com:443",
    "https://app.example.com:8444",
    "https://app.example.com/",
    "https://app.example.com#",
    "https://app.example.com?",
    "https://app.example.com.",
    "https://APP.example.com",
    "HTTPS://app.example.com",
    "https://user@app.example.com",
    "https://app.example.com@evil.example",
    "https://аpp.example.com",
    "https://app.example.com https://evil.example",
    "https://app.example.com,https://evil.example",
    " https://app.example.com",
    "http://127.0.0.1",
    "http://localhost:8600",
    "http://127.0.0.1:86000",
    "file://",
    "chrome-extension://app.example.com",
]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "put", "QUERY"])
@pytest.mark.parametrize("origin", FOREIGN)
def test_no_write_from_a_foreign_origin(method: str, origin: str | None) -> None:
    """A write by cookie needs exactly an allowed origin, whatever the method."""
    with pytest.raises(Forbidden):
        check_origin(method, origin, None, ALLOWED)


@pytest.mark.parametrize("origin", [origin for origin in FOREIGN if origin is not None])
def test_no_read_from_a_foreign_page(origin: str) -> None:
    """A read by cookie, such as a cross-origin EventSource, is refused to a page of another origin."""
    with pytest.raises(Forbidden):
        check_origin("GET", origin, "cross-site", ALLOWED)


@pytest.mark.parametrize("origin", sorted(ALLOWED))
@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_an_allowed_page_reads_and_writes(method: str, origin: str) -> None:
    """A page of an allowed origin reads and writes, also from another site."""
    check_origin(method, origin, "cross-site", ALLOWED)


@pytest.mark.parametrize("site", [None, "same-origin", "none"])
def test_a_read_without_origin_passes(site: str | None) -> None:
    """A browser sends no Origin with its own page's GET, and older ones no Sec-Fetch-Site."""
    check_origin("GET", None, site, ALLOWED)


@pytest.mark.parametrize("site", ["same-site", "cross-site", "", "SAME-ORIGIN"])
def test_a_foreign_read_without_origin_is_seen_by_fetch_metadata(site: str) -> None:
    """An <img> or <script> of another site sends no Origin; Sec-Fetch-Site gives it away."""
    with pytest.raises(Forbidden):
        check_origin("GET", None, site, ALLOWED)
