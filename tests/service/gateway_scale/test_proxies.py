"""Behind a proxy: HTTP/2 to the client, nothing held back, nothing lost by its restart; and shards by path."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import astuple
from pathlib import Path

import httpx
import pytest
import yaml
from httpx_sse import EventSource, ServerSentEvent
from tidings.local.ports import free_ports
from tidings_schemas.partitioner import partition_of

from tests.service.gateway_api.gateways import Gateway, in_memory, settings
from tests.service.gateway_scale.processes import PARTITIONS, Corner, gateway
from tests.service.gateway_scale.proxies import CONFIGS, PROXIES, Proxy, proxy


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Gateway]:
    """A gateway whose notifications lie in memory."""
    async with in_memory(settings(tmp_path)) as running:
        yield running


@contextlib.asynccontextmanager
async def stream(
    url: str, token: str, cursor: str = ""
) -> AsyncIterator[tuple[httpx.Response, AsyncIterator[ServerSentEvent]]]:
    """A stream over HTTP/2, and its events."""
    headers = {"authorization": f"Bearer {token}"} | ({"last-event-id": cursor} if cursor else {})
    async with (
        httpx.AsyncClient(http2=True, verify=False, timeout=20, follow_redirects=True, trust_env=False) as http,
        http.stream("GET", f"{url}/v1/stream", headers=headers) as response,
    ):
        assert response.status_code == 200, (response.status_code, response.headers)
        yield response, EventSource(response).aiter_sse()


async def following(events: AsyncIterator[ServerSentEvent], kind: str) -> ServerSentEvent:
    """The next event of this kind."""
    async for event in events:
        if event.event == kind:
            return event
    raise AssertionError(f"the stream ended without {kind!r}")


@pytest.mark.parametrize("name", PROXIES)
async def test_http2_without_buffering_and_resume_across_a_restart(served: Gateway, name: str, tmp_path: Path) -> None:
    """Each small frame comes through as it is written; what is written while the proxy is away comes after it, once."""
    port = int(served.url.rsplit(":", 1)[1])
    token = served.token("ann")
    with proxy(name, tmp_path / name, (port, port)) as running:
        async with stream(running.url, token) as (response, events):
            assert (response.status_code, response.http_version) == (200, "HTTP/2")
            await following(events, "ready")
            for text in ("one", "two"):
                served.publish("ann", text)
                event = await following(events, "notification")
                assert event.json()["title"] == text
            running.stop()
            with contextlib.suppress(httpx.TransportError):
                async for _ in events:
                    pass
        served.publish("ann", "while it was away")
        running.start()
        async with stream(running.url, token, event.id) as (_, events):
            seen = [(await following(events, "notification")).json()["title"]]
            served.publish("ann", "after")
            seen.append((await following(events, "notification")).json()["title"])
        assert seen == ["while it was away", "after"]


@pytest.mark.kafka
@pytest.mark.parametrize("name", PROXIES)
async def test_each_user_lands_at_its_shard_with_its_token(here: Corner, name: str, tmp_path: Path) -> None:
    """Behind one address a redirect by path keeps the `Authorization` header, so every client finds its gateway."""
    users = [next(u for u in map(str, range(1000)) if partition_of(u, PARTITIONS) == p) for p in range(PARTITIONS)]
    ports = astuple(free_ports())[:2]
    with (
        gateway(here, ports[0], "--shard", "0/2", TIDINGS_STREAM_DRAIN="0.2"),
        gateway(here, ports[1], "--shard", "1/2", TIDINGS_STREAM_DRAIN="0.2"),
        proxy(name, tmp_path / name, ports) as running,
    ):
        for user in users * 2:  # whichever gateway the proxy tries first
            await _is_served(here, running, user)


async def _is_served(here: Corner, running: Proxy, user: str) -> None:
    token = here.bearer(user).removeprefix("Bearer ")
    async with stream(running.url, token) as (response, events):
        assert response.url.path in ("/v1/stream", f"/shards/{partition_of(user, PARTITIONS) % 2}/v1/stream")
        await following(events, "ready")
        here.publish(user, title=f"for {user} at {response.http_version} {id(response)}")
        assert (await following(events, "notification")).json()["user"] == user


def test_envoy_s_file_routes_and_never_cuts_a_stream_off() -> None:
    """No Envoy runs here, so what would hurt most is read from the file: time limits, and the shards' prefixes."""
    resources = yaml.safe_load((CONFIGS / "envoy.yaml").read_text())["static_resources"]
    manager = resources["listeners"][0]["filter_chains"][0]["filters"][0]["typed_config"]
    routes = manager["route_config"]["virtual_hosts"][0]["routes"]
    assert [route["match"]["prefix"] for route in routes] == ["/shards/0/", "/shards/1/", "/"]
    assert all(route["route"]["timeout"] == "0s" for route in routes)
    assert manager["stream_idle_timeout"] == "60s"
    clusters = {cluster["name"] for cluster in resources["clusters"]}
    assert {route["route"]["cluster"] for route in routes} == clusters
