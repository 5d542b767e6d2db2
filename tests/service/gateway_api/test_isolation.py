"""A user never sees what is another's, whatever the cursor; and no cursor silences a stream."""

import asyncio
import itertools

import pytest
from httpx import QueryParams
from httpx_sse import ServerSentEvent
from tidings_gateway.core.cursor import Cursor
from tidings_schemas.partitioner import partition_of

from tests.service.gateway_api.gateways import Gateway, streamed, until

USERS = [f"user-{number}" for number in range(16)]
EACH = 25
PARTITIONS = 4
SHOWN = ("notification", "read-state")

FORGED = [
    "",
    "0",
    "-1",
    "0:0",
    "1:99999999999999999999",
    "v1.",
    "v1.!!!!",
    "v2.AAAAAAAAAAAAAAAAAAAAAA",
    "v1.AAAAAAAAAAAAAAAAAAAAAA",
    "v1.AAAAAAAAAAAAAAAAAAAAAA==",
    "v1.//////////////////////",
    "v1.AAAAAAAAAAAAAAAAAAAAA",
    "v1.AAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "A" * 8_000,
    "٣:٤",
    "%00",
    "../../etc/passwd",
    "' OR 1=1 --",
    "{}",
    "null",
    "undefined",
    "NaN",
]


@pytest.fixture
def filled(gateway: Gateway) -> Gateway:
    """Every user has notifications, each with a canary that names its user."""
    for number, user in itertools.product(range(EACH), USERS):
        gateway.publish(user, f"canary of {user} #{number}")
    return gateway


def epoch(gateway: Gateway) -> bytes:
    """The id of the log, which an attacker may know from an own cursor."""
    return gateway.source.epoch


async def seen(gateway: Gateway, user: str, cursor: str) -> list[ServerSentEvent]:
    """What the user's stream brings from this cursor up to `ready`."""
    async with gateway.client(user) as http, streamed(http, {"last-event-id": cursor}) as (response, events):
        assert response.status_code == 200
        return await until(events, "ready")


async def test_no_cursor_shows_another_user_s_notifications(filled: Gateway) -> None:
    """Whatever partition and offset a cursor names, a stream brings its own user's notifications only."""
    places = itertools.product(range(PARTITIONS), (0, 1, 40, 150, 249, 10_000))
    cursors = [str(Cursor(epoch(filled), partition, offset)) for partition, offset in places]
    texts = []
    for cursor in cursors:
        streams = await asyncio.gather(*(seen(filled, user, cursor) for user in USERS))
        texts += [(user, e.data) for user, got in zip(USERS, streams, strict=True) for e in got if e.event in SHOWN]
    assert len(texts) > 1_000
    foreign = [(user, text) for user, text in texts if f"canary of {user} #" not in text or f'"{user}"' not in text]
    assert foreign == []


async def test_a_cursor_of_its_own_partition_brings_all_that_is_its_own(filled: Gateway) -> None:
    """From the beginning of its partition a user sees every one of its notifications, in order."""
    for user in USERS[:5]:
        events = await seen(filled, user, str(Cursor(epoch(filled), partition_of(user, PARTITIONS), 0)))
        titles = [event.json()["title"] for event in events if event.event == "notification"]
        assert titles == [f"canary of {user} #{number}" for number in range(EACH)]


@pytest.mark.parametrize("cursor", FORGED)
async def test_a_forged_cursor_is_no_error(gateway: Gateway, cursor: str) -> None:
    """Any status but 200 silences a browser for good, so a cursor that is none is told in the stream."""
    async with (
        gateway.client() as http,
        streamed(http, query=f"?{QueryParams(lastEventId=cursor)}") as (response, events),
    ):
        assert response.status_code == 200
        kinds = [event.event for event in await until(events, "ready")]
    assert ("reset" in kinds) == bool(cursor)


async def test_snapshots_and_polls_bring_only_what_is_the_user_s(filled: Gateway) -> None:
    """The inbox and the long poll keep to their user as the stream does."""
    for user in USERS[:10]:
        async with filled.client(user) as http:
            inbox = (await http.get("/v1/notifications?limit=200")).json()
            cursor = str(Cursor(epoch(filled), partition_of(user, PARTITIONS), 0))
            polled = (await http.get("/v1/notifications", params={"after": cursor, "wait": 1})).json()
        assert {n["user"] for n in inbox["notifications"] + polled["notifications"]} == {user}
        assert (len(inbox["notifications"]), inbox["unread"]) == (EACH, EACH)


async def test_a_long_poll_waits_for_news(gateway: Gateway) -> None:
    """A poll answers when something comes, and goes on from its own cursor without loss."""
    async with gateway.client() as http:
        cursor = (await http.get("/v1/notifications")).json()["cursor"]
        poll = asyncio.create_task(http.get("/v1/notifications", params={"after": cursor, "wait": 10}))
        await asyncio.sleep(0)
        gateway.publish("passenger-1", "first")
        first = (await poll).json()
        gateway.publish("passenger-1", "second")
        second = (await http.get("/v1/notifications", params={"after": first["cursor"], "wait": 10})).json()
    assert [[n["title"] for n in answer["notifications"]] for answer in (first, second)] == [["first"], ["second"]]


async def test_a_poll_with_a_forged_cursor_says_reset(gateway: Gateway) -> None:
    """A cursor that is none is no error for a poll either: `reset` says so."""
    async with gateway.client() as http:
        answer = await http.get("/v1/notifications", params={"after": "forged", "wait": 1})
    assert (answer.status_code, answer.json()["reset"]) == (200, "malformed")
