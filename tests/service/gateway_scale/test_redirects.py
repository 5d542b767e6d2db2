"""A gateway that serves half of the users, and what it says to the others."""

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from tidings_schemas.partitioner import partition_of

from tests.service.gateway_api.gateways import Gateway, in_memory, settings, streamed, until

OURS = next(user for user in map(str, range(100)) if partition_of(user, 4) % 2 == 0)
THEIRS = next(user for user in map(str, range(100)) if partition_of(user, 4) % 2 == 1)
CURSOR = "v1.AAAAAAAAAAAAAAAAAAAAAA"


@pytest.fixture
async def half(tmp_path: Path) -> AsyncIterator[Gateway]:
    """Shard 0 of 2, behind one proxy."""
    async with in_memory(settings(tmp_path, shard="0/2")) as running:
        yield running


async def test_the_users_of_its_own_partitions_are_served(half: Gateway) -> None:
    """As by a gateway that serves all."""
    async with half.client(OURS) as http, streamed(http) as (response, events):
        assert response.status_code == 200
        await until(events, "ready")
        half.publish(OURS, "hello")
        assert (await until(events, "notification"))[-1].json()["title"] == "hello"


@pytest.mark.parametrize("path", ["/v1/stream", "/v1/notifications?limit=7", "/v1/notifications?after=x&wait=5"])
async def test_others_are_sent_on_with_what_they_asked(half: Gateway, path: str) -> None:
    """The query stays, and no cache keeps the answer: a partition may move."""
    async with half.client(THEIRS) as http:
        answer = await http.get(path)
    assert (answer.status_code, answer.headers["cache-control"]) == (307, "no-store")
    asked, location = urlsplit(path), urlsplit(answer.headers["location"])
    assert (location.netloc, location.path) == ("", f"/shards/1{asked.path}")
    assert parse_qs(location.query) == parse_qs(asked.query) | {"hop": ["1"]}


async def test_the_cursor_of_a_reconnecting_browser_goes_along(half: Gateway) -> None:
    """The header wins over what the URL said at first, and is in the new URL, whatever the way does to headers."""
    async with half.client(THEIRS, **{"last-event-id": CURSOR}) as http:
        answer = await http.get("/v1/stream?lastEventId=older")
    assert parse_qs(urlsplit(answer.headers["location"]).query)["lastEventId"] == [CURSOR]


async def test_who_was_sent_on_once_is_not_sent_on_again(half: Gateway) -> None:
    """Two gateways that disagree for a moment must not make a loop: `bye`, and try again in a moment."""
    async with half.client(THEIRS) as http, streamed(http, query="?hop=1") as (response, events):
        assert response.status_code == 200
        (bye,) = [event for event in await until(events, "bye") if event.event == "bye"]
        assert bye.json() == {"reason": "moved", "reconnect": True, "url": "/shards/1/v1/stream"}
        assert bye.retry is not None


async def test_without_a_token_nobody_learns_where_a_user_is(half: Gateway) -> None:
    """Who asks is known before anything is said."""
    async with httpx.AsyncClient(base_url=half.url) as http:
        assert (await http.get("/v1/stream")).status_code == 401
