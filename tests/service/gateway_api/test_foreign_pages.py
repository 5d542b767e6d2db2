"""What a page of another site can do with a visitor's cookie: nothing."""

import itertools

import pytest

from tests.service.gateway_api.gateways import Gateway

WRITES = [
    ("PUT", "/v1/follows/airport:JFK", None),
    ("DELETE", "/v1/follows/airport:JFK", None),
    ("PUT", "/v1/preferences", {"locale": "de"}),
    ("POST", "/v1/receipts", {"notifications": [], "state": "read"}),
    ("POST", "/v1/events", {}),
    ("DELETE", "/v1/session", None),
    ("POST", "/v1/session", {"user": "attacker"}),  # the last: it needs no cookie
]
FOREIGN = ["https://evil.example", "null", "http://127.0.0.1", "http://localhost:1", "http://127.0.0.1.evil.example"]
#: What a form can send without the browser asking first (Fetch standard, "CORS-safelisted request-header").
SIMPLE = ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""]


@pytest.mark.parametrize(("method", "path", "body"), WRITES)
async def test_a_foreign_page_cannot_write(gateway: Gateway, method: str, path: str, body: object) -> None:
    """Every write by cookie from another origin, or from none, is 403, whatever it says of its body."""
    cookie = {"cookie": f"tidings_session={gateway.token('victim', ('publish',))}"}
    async with gateway.client(None) as http:
        for origin, media_type in itertools.product(FOREIGN, [*SIMPLE, "application/json"]):
            headers = cookie | {"origin": origin, "content-type": media_type}
            answer = await http.request(method, path, json=body, headers=headers)
            assert answer.status_code == (415 if path == "/v1/session" and "json" not in media_type and body else 403)
            assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    ("method", "path", "body"), [write for write in WRITES if write[:2] != ("POST", "/v1/session")]
)
async def test_a_write_by_cookie_needs_an_origin(gateway: Gateway, method: str, path: str, body: object) -> None:
    """Browsers send an Origin with every write; without one it is no page of ours."""
    async with gateway.client(None, cookie=f"tidings_session={gateway.token()}") as http:
        assert (await http.request(method, path, json=body)).status_code == 403


@pytest.mark.parametrize("media_type", SIMPLE)
async def test_a_body_that_is_not_called_json_is_not_read(gateway: Gateway, media_type: str) -> None:
    """JSON under a form's content type is refused, so that no form can post it."""
    async with gateway.client() as http:
        answer = await http.post(
            "/v1/receipts", content=b'{"notifications":[],"state":"read"}', headers={"content-type": media_type}
        )
    assert answer.status_code == 415


@pytest.mark.parametrize("path", ["/v1/stream", "/v1/notifications", "/v1/follows", "/v1/me"])
async def test_a_foreign_page_cannot_read(gateway: Gateway, path: str) -> None:
    """Another site's EventSource or fetch with the visitor's cookie is 403 and gets no permission to read."""
    cookie = {"cookie": f"tidings_session={gateway.token()}"}
    async with gateway.client(None) as http:
        for headers in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}):
            answer = await http.get(path, headers=cookie | headers)
            assert answer.status_code == 403
            assert "access-control-allow-origin" not in answer.headers


async def test_a_rebound_name_does_not_reach_a_development_gateway(gateway: Gateway) -> None:
    """A page whose own name resolves to 127.0.0.1 is same-origin for a browser; its Host gives it away."""
    async with gateway.client(None) as http:
        assert (await http.post("/v1/session", json={"user": "x"}, headers={"host": "evil.example"})).status_code == 400


async def test_signing_in_gives_a_cookie_that_scripts_cannot_read(gateway: Gateway) -> None:
    """The development sign-in sets an HttpOnly, same-site cookie, with which the own page reads and writes."""
    async with gateway.client(None, origin=gateway.origin) as http:
        answer = await http.post("/v1/session", json={"user": "passenger-1", "roles": ["publish"]})
        attributes = answer.headers["set-cookie"].lower()
        me = (await http.get("/v1/me")).json()
        assert ("httponly" in attributes, "samesite=strict" in attributes) == (True, True)
        assert (me["user"], me["roles"], me["development"]) == ("passenger-1", ["publish"], True)
        assert (await http.delete("/v1/session")).status_code == 204
        assert (await http.get("/v1/me")).status_code == 401


@pytest.mark.parametrize("user", ["", " ", "a\n", "u" * 201, 5, None])
async def test_only_a_sound_name_can_sign_in(gateway: Gateway, user: object) -> None:
    """A name that no token could carry is refused at the door."""
    async with gateway.client(None) as http:
        answer = await http.post("/v1/session", json={"user": user})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "user")
