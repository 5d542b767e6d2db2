"""Tokens, as they come with requests."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from tidings_gateway.auth.development import DevelopmentIssuer

from tests.service.gateway_api.gateways import Gateway, in_memory, settings, streamed, until
from tests.unit.gateway.forged import SECRET, forged, token

#: Control characters and blanks around it cannot be sent in a header at all.
SENDABLE = {
    name: text
    for name, text in forged().items()
    if text and text.isascii() and text.isprintable() and text == text.strip() and len(text) < 30_000
}


@pytest.fixture
async def issued(tmp_path: Path) -> AsyncIterator[Gateway]:
    """A gateway that trusts the issuer whose tokens the table forges."""
    async with in_memory(settings(tmp_path, jwt_secret=SECRET.decode())) as running:
        yield running


async def test_no_forged_token_gets_in_by_any_way(issued: Gateway) -> None:
    """Each forgery of the table is answered by 401, as bearer and as cookie, by a route and by the stream."""
    async with httpx.AsyncClient(base_url=issued.url, timeout=20) as http:
        answers = {
            (name, path, header): (await http.get(path, headers={header: prefix + text})).status_code
            for name, text in SENDABLE.items()
            for path in ("/v1/me", "/v1/stream")
            for header, prefix in (("authorization", "Bearer "), ("cookie", "tidings_session="))
        }
    assert len(answers) > 450
    assert {key: status for key, status in answers.items() if status != 401} == {}


async def test_a_huge_token_costs_nothing(issued: Gateway) -> None:
    """A token of a megabyte is refused before it is looked at, by whichever limit comes first."""
    async with httpx.AsyncClient(base_url=issued.url) as http:
        try:
            answer = await http.get("/v1/me", headers={"authorization": "Bearer " + "a" * 1_000_000})
        except httpx.TransportError:
            return  # the server closed the connection before it had read it all
    assert answer.status_code in (401, 431)


async def test_an_honest_token_gets_in(issued: Gateway) -> None:
    """The same gateway accepts its issuer's token: it does not refuse everything."""
    honest = token(exp=int(time.time()) + 60, iat=int(time.time()))
    async with httpx.AsyncClient(base_url=issued.url, headers={"authorization": f"bearer {honest}"}) as http:
        assert (await http.get("/v1/me")).json()["user"] == "passenger-1"


@pytest.mark.parametrize("query", ["access_token", "token", "jwt", "authorization"])
async def test_a_token_in_the_url_is_not_read(gateway: Gateway, query: str) -> None:
    """URLs end up in logs and histories, so a token there is none."""
    async with gateway.client(None) as http:
        assert (await http.get("/v1/stream", params={query: gateway.token()})).status_code == 401


async def test_one_way_to_sign_in_per_request(gateway: Gateway) -> None:
    """With an Authorization header the cookie does not count: a bad bearer token never falls back to a good cookie."""
    async with gateway.client(None, cookie=f"tidings_session={gateway.token()}") as http:
        assert (await http.get("/v1/me")).status_code == 200
        assert (await http.get("/v1/me", headers={"authorization": "Bearer x.y.z"})).status_code == 401
        assert (await http.get("/v1/me", headers={"authorization": "Basic eDp5"})).status_code == 401


async def test_two_tokens_are_none(gateway: Gateway) -> None:
    """Of two Authorization headers or two cookies it would be unclear which is meant."""
    good = gateway.token()
    twice = [("authorization", f"Bearer {good}")] * 2
    tossed = [("cookie", f"tidings_session={good}; tidings_session={gateway.token('attacker')}")]
    async with httpx.AsyncClient(base_url=gateway.url) as http:
        assert [(await http.get("/v1/me", headers=headers)).status_code for headers in (twice, tossed)] == [401, 401]


async def test_a_refusal_says_how_to_get_in(gateway: Gateway) -> None:
    """401 carries the challenge of RFC 6750 and a problem that says what to do."""
    async with gateway.client(None) as http:
        answer = await http.get("/v1/follows")
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.headers["content-type"] == "application/problem+json"
    assert "Authorization" in answer.json()["detail"]


async def test_a_stream_does_not_outlive_its_token(gateway: Gateway) -> None:
    """Streams end by `bye` within a second of their token's expiry, and nothing comes after."""
    expires = int(time.time()) + 2
    tokens = [gateway.token(f"user-{number}", ttl_s=2) for number in range(20)]

    async def last(text: str) -> float:
        headers = {"authorization": f"Bearer {text}"}
        async with httpx.AsyncClient(base_url=gateway.url, timeout=10) as http, streamed(http, headers) as (_, events):
            bye = (await until(events, "bye"))[-1]
            assert bye.json()["reason"] == "token-expired"
            assert [event async for event in events] == []
        return time.time()

    ends = await asyncio.gather(*(last(text) for text in tokens))
    period = 0.25  # the ticker ends a stream up to a period early, so that nothing is sent behind its token's end
    assert expires - period <= min(ends) <= max(ends) <= expires + 2


async def test_no_token_reaches_a_log(gateway: Gateway, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever happens to a request, at any level no log line holds a part of its token."""
    caplog.set_level(logging.DEBUG)
    good, bad = gateway.token("canary"), DevelopmentIssuer("x" * 32).issue("canary", [], 60, time.time())
    async with httpx.AsyncClient(base_url=gateway.url, timeout=10) as http:
        for text in (good, bad):
            for path in ("/v1/me", "/v1/follows", "/v1/topics?limit=x", "/nowhere", "/readyz"):
                await http.get(path, headers={"authorization": f"Bearer {text}"})
                await http.put(path, headers={"cookie": f"tidings_session={text}"})
            await http.post("/v1/receipts", json={"notifications": [], "state": "seen"}, headers={"cookie": text})
    ours = [record for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))]
    assert ours, "nothing was logged, so this test proves nothing"
    parts = [part for text in (good, bad) for part in text.split(".")]
    lines = [record.getMessage() + str(record.__dict__) for record in ours]
    assert not [line for line in lines for part in parts if part in line]
