"""The long poll, for networks that hold streams back: the same cursor, nothing lost between two calls."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.service.gateway_api.gateways import Gateway, in_memory, settings, streamed, until


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[Gateway]:
    """Its notifications lie in memory."""
    async with in_memory(settings(tmp_path)) as running:
        yield running


async def poll(gateway: Gateway, after: str, wait: float) -> dict[str, Any]:
    """One call."""
    async with gateway.client() as http:
        answer = await http.get("/v1/notifications", params={"after": after, "wait": wait})
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


async def beginning(gateway: Gateway) -> str:
    """The cursor of the inbox as it is."""
    async with gateway.client() as http:
        return str((await http.get("/v1/notifications")).json()["cursor"])


async def test_it_waits_until_something_comes(gateway: Gateway) -> None:
    """And answers then, not at the end of its time."""
    cursor = await beginning(gateway)
    asked = asyncio.create_task(poll(gateway, cursor, 30))
    await asyncio.sleep(0.2)
    gateway.publish("passenger-1", "hello")
    found = await asyncio.wait_for(asked, 15)
    assert [one["title"] for one in found["notifications"]] == ["hello"]
    assert found["cursor"] != cursor


async def test_when_nothing_comes_it_says_so_in_time(gateway: Gateway) -> None:
    """With a cursor to go on from, which never goes back."""
    cursor = await beginning(gateway)
    found = await poll(gateway, cursor, 0.2)
    assert (found["notifications"], found["reset"]) == ([], None)
    assert found["cursor"] >= cursor


async def test_nothing_is_lost_or_doubled_from_call_to_call(gateway: Gateway) -> None:
    """Whatever comes while no call waits is in the next one; a stream goes on from the same cursor."""
    cursor, seen = await beginning(gateway), []

    async def publish() -> None:
        for number in range(40):
            gateway.publish("passenger-1", str(number))
            await asyncio.sleep(0.005)

    publishing = asyncio.create_task(publish())
    async with asyncio.timeout(30):
        while len(seen) < 30:
            found = await poll(gateway, cursor, 5)
            cursor = found["cursor"]
            seen += [one["title"] for one in found["notifications"]]
    await publishing
    async with gateway.client() as http, streamed(http, query=f"?lastEventId={cursor}") as (_, events):
        seen += [event.json()["title"] for event in await until(events, "ready") if event.event == "notification"]
    assert seen == [str(number) for number in range(40)]


async def test_a_cursor_that_cannot_be_honoured_is_told(gateway: Gateway) -> None:
    """As on the stream: why, and from where to go on."""
    found = await poll(gateway, "forged", 5)
    assert (found["reset"], found["notifications"]) == ("malformed", [])
    assert found["cursor"].startswith("v1.")
