"""What every answer carries, and which bodies get in."""

import asyncio

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from tidings_gateway.middleware import BodyLimit, SecurityHeaders


async def _size(request: Request) -> Response:
    return JSONResponse(len(await request.body()))


async def _page(request: Request) -> Response:
    return HTMLResponse("<p>")


ROUTES = [Route("/v1/size", _size, methods=["GET", "POST"]), Route("/", _page)]


def client(*, https: bool = True, timeout_s: float = 5) -> httpx.AsyncClient:
    """A client of an app behind the middleware."""
    app = Starlette(routes=ROUTES)
    app.add_middleware(BodyLimit, max_bytes=1024, timeout_s=timeout_s)
    app.add_middleware(SecurityHeaders, https=https)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway")


@pytest.mark.parametrize("path", ["/", "/v1/size", "/nowhere"])
async def test_every_answer_carries_the_protecting_headers(path: str) -> None:
    """No answer, an error included, lets a browser guess its type or pass its address on."""
    async with client() as http:
        headers = (await http.get(path)).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "strict-transport-security" in headers
    assert "server" not in headers


async def test_html_may_load_nothing_from_elsewhere() -> None:
    """A page's content security policy names no other origin and no inline script."""
    async with client() as http:
        policy = (await http.get("/")).headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy


async def test_answers_of_the_api_are_kept_nowhere() -> None:
    """What a user sees is in no cache, and a cache would know that it depends on who asks."""
    async with client() as http:
        headers = (await http.get("/v1/size")).headers
    assert headers["cache-control"] == "no-store"
    assert {"Origin", "Cookie", "Authorization"} <= set(headers["vary"].split(", "))


async def test_without_https_browsers_are_not_told_to_use_it() -> None:
    """A development gateway on plain http must not lock browsers out of this machine's other servers."""
    async with client(https=False) as http:
        assert "strict-transport-security" not in (await http.get("/")).headers


@pytest.mark.parametrize(("size", "status"), [(0, 200), (1024, 200), (1025, 413), (100_000, 413)])
async def test_a_body_up_to_the_limit_gets_in(size: int, status: int) -> None:
    """The limit itself is allowed, one byte more is not."""
    async with client() as http:
        assert (await http.post("/v1/size", content=b"x" * size)).status_code == status


async def test_a_body_that_does_not_say_its_size_is_counted() -> None:
    """A chunked body is measured as it comes, since it announces nothing."""

    async def chunks() -> "object":
        for _ in range(100):
            yield b"x" * 100

    async with client() as http:
        assert (await http.post("/v1/size", content=chunks())).status_code == 413  # type: ignore[arg-type]


async def test_a_body_that_does_not_come_is_given_up() -> None:
    """A client that announces a body and sends nothing is told so after the time that it has."""
    never = asyncio.Event()

    async def nothing() -> "object":
        yield b"x"
        await never.wait()

    async with client(timeout_s=0.05) as http:
        assert (await http.post("/v1/size", content=nothing())).status_code == 408  # type: ignore[arg-type]
