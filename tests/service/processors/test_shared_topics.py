"""A topic above the limit of fan-out, through a real worker, Kafka and gateway: what each user gets of it."""

import asyncio
import contextlib
import json
import time
import uuid
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
from tidings_gateway.app import create_app, running
from tidings_gateway.auth.development import DevelopmentIssuer
from tidings_gateway.server import GatewayServer, configure
from tidings_gateway.settings import GatewaySettings
from tidings_gateway.sockets import listen
from tidings_gateway.stream_settings import StreamSettings
from tidings_schemas import Event
from tidings_schemas.admin import ensure_topics
from tidings_schemas.identity import mark_of

from tests.service.gateway_api.gateways import streamed, until
from tests.service.processors.harness import PARTITIONS, Place, delayed
from tests.service.processors.harness import until as wait_until

pytestmark = pytest.mark.kafka

FOLLOWED = "flight:UA1545"
USERS = ["ann", "bob", "eve", "joe", "stranger"]
#: Of what a user sees, all but when it was made.
SEEN = ("id", "user", "topic", "title", "body", "kind", "priority", "collapse_key", "locale", "event_id", "count")


class Users:
    """A gateway's users."""

    def __init__(self, url: str, issuer: DevelopmentIssuer) -> None:
        self._url, self._issuer = url, issuer

    def client(self, user: str) -> httpx.AsyncClient:
        """A client of the user's."""
        token = self._issuer.issue(user, (), 600, time.time())
        return httpx.AsyncClient(
            base_url=self._url, headers={"authorization": f"Bearer {token}"}, timeout=40, verify=False
        )


@contextlib.asynccontextmanager
async def gateway(place: Place, folder: Path) -> AsyncIterator[Users]:
    """A gateway of the place, all its views restored."""
    listener = listen("127.0.0.1", 0)
    settings = GatewaySettings(
        _env_file=None,
        dev_key_file=folder / "dev.key",
        bootstrap_servers=place.settings.bootstrap_servers,
        registry_url=place.settings.registry_url,
        prefix=place.settings.prefix,
        partitions=PARTITIONS,
        port=listener.getsockname()[1],
    )
    app = create_app(settings, stream_settings=StreamSettings(retry=0.05, drain=0.1))
    services = app.state.services
    server = GatewayServer(configure(app, lifespan="off", loop="asyncio"), services.streams)
    async with running(services):
        while services.views.restoring():
            await asyncio.sleep(0.02)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            issuer = services.auth.issuer
            assert isinstance(issuer, DevelopmentIssuer)
            yield Users(f"http://127.0.0.1:{settings.port}", issuer)
        finally:
            server.should_exit = True
            await serving
            listener.close()


@pytest.fixture
def places(kafka: Any, registered: None, tmp_path: Path) -> list[Place]:
    """Two of the same: one for each side of the limit."""
    made = [Place(kafka.environ(), f"t{uuid.uuid4().hex[:10]}.", tmp_path) for _ in range(2)]
    for place in made:
        ensure_topics(place.settings)
    return made


def furnish(place: Place) -> None:
    """Users, of whom one reads German, one has muted what comes, and one follows nothing."""
    place.prefer("bob", locale="de", time_zone="Europe/Berlin")
    place.prefer("eve", muted_kinds=["flight.delayed"])
    place.follow(FOLLOWED, "ann", "bob", "eve", "joe")


async def outcome(place: Place, events: Sequence[Event], folder: Path, limit: str) -> dict[str, Any]:
    """What each user sees: live, by long poll from before, in the inbox, after one was read, and after an unfollow."""
    furnish(place)
    found: dict[str, Any] = {}
    with place.worker(TIDINGS_SHARED_ABOVE=limit):
        async with gateway(place, folder) as users:
            cursors = {user: await _cursor(users, user) for user in USERS}
            async with contextlib.AsyncExitStack() as stack:
                streams = {user: await _open(stack, users, user) for user in USERS}
                await asyncio.to_thread(place.publish, *events)
                found["live"] = {user: await _live(streams[user], len(events)) for user in ("ann", "bob", "joe")}
            found["poll"] = {user: await _poll(users, user, cursors[user]) for user in USERS}
            found["inbox"] = {user: await _inbox(users, user) for user in USERS}
            await _read(users, "ann", found["live"]["ann"][-1]["id"])
            found["read"] = await _until_state(users, "ann", "read")
            await _unfollow(users, "ann")
            found["unfollowed"] = await _inbox(users, "ann")
    async with gateway(place, folder) as users:  # a new one, whose memory is empty but for the log's end
        found["again"] = {user: await _inbox(users, user) for user in USERS}
    return found


async def _cursor(users: Users, user: str) -> str:
    async with users.client(user) as http:
        cursor: str = (await http.get("/v1/notifications")).json()["cursor"]
        return cursor


async def _open(stack: contextlib.AsyncExitStack, users: Users, user: str) -> Any:
    http = await stack.enter_async_context(users.client(user))
    _, events = await stack.enter_async_context(streamed(http))
    await until(events, "ready")
    return events


async def _live(events: Any, count: int) -> list[dict[str, Any]]:
    got: list[dict[str, Any]] = []
    async with asyncio.timeout(60):
        while len(got) < count:
            got.append(json.loads((await until(events, "notification"))[-1].data))
    return [_seen(notification) for notification in got]


async def _poll(users: Users, user: str, cursor: str) -> list[dict[str, Any]]:
    async with users.client(user) as http:
        answer = (await http.get("/v1/notifications", params={"after": cursor, "wait": 0.2})).json()
    return [_seen(notification) for notification in answer["notifications"]]


async def _inbox(users: Users, user: str) -> list[dict[str, Any]]:
    async with users.client(user) as http:
        answer = (await http.get("/v1/notifications")).json()
    return [_seen(notification) | {"state": notification["state"]} for notification in answer["notifications"]]


async def _read(users: Users, user: str, notification: str) -> None:
    async with users.client(user) as http:
        answer = await http.post("/v1/receipts", json={"notifications": [notification], "state": "read"})
        assert answer.status_code == 202


async def _unfollow(users: Users, user: str) -> None:
    async with users.client(user) as http:
        assert (await http.delete(f"/v1/follows/{FOLLOWED}")).status_code in (202, 204)


async def _until_state(users: Users, user: str, state: str) -> list[dict[str, Any]]:
    async with asyncio.timeout(30):
        while True:
            inbox = await _inbox(users, user)
            if any(entry["state"] == state for entry in inbox):
                return inbox
            await asyncio.sleep(0.05)


def _seen(notification: dict[str, Any]) -> dict[str, Any]:
    return {name: notification[name] for name in SEEN}


async def test_a_user_cannot_tell_on_which_side_of_the_limit_a_topic_is(places: list[Place], tmp_path: Path) -> None:
    """Live, polled, in the inbox, after a receipt and an unfollow, at a new gateway: the same ids, words and order."""
    events = [delayed(30 + n) for n in range(3)]
    alone, shared = [
        await outcome(place, events, tmp_path, limit) for place, limit in zip(places, ("10000", "1"), strict=True)
    ]
    assert alone == shared
    assert [entry["event_id"] for entry in shared["live"]["ann"]] == [event.id for event in events]
    assert shared["live"]["bob"][0]["title"] == "UA1545 hat 30 Minuten Verspätung"
    assert (shared["poll"]["eve"], shared["inbox"]["eve"], shared["poll"]["stranger"]) == ([], [], [])
    kinds = [place.codec.decode(m.value())[0] for place in places for m in place.records("notifications")]
    assert kinds.count("tidings.SharedNotification") == len(events) * PARTITIONS


def test_a_worker_that_is_killed_writes_no_shared_record_twice(place: Place) -> None:
    """Commits are lost, all is read again: each partition holds one record an event, each with where it came from."""
    furnish(place)
    events = [delayed(30 + n) for n in range(20)]
    with place.worker(TIDINGS_SHARED_ABOVE="1") as worker:
        place.publish(*events)
        wait_until(lambda: place.end("notifications") >= 20 * PARTITIONS, "all are written")
        worker.kill()
    _forget_commits(place)
    last = delayed(90)
    with place.worker(TIDINGS_SHARED_ABOVE="1"):
        place.publish(last)
        wait_until(lambda: place.end("notifications") >= 21 * PARTITIONS, "what comes after is written too")
    records = place.records("notifications")
    told = [(m.partition(), place.codec.decode(m.value())[1]["event_id"]) for m in records]
    assert sorted(told) == sorted((p, event.id) for p in range(PARTITIONS) for event in [*events, last])
    assert {m.key() for m in records} == {b""}
    sources = [dict(m.headers() or [])["tidings-src"].decode().rsplit(":", 2)[0] for m in records]
    assert sources == [f"drafts:{m.partition()}" for m in records]


def test_who_is_told_alone_is_named_in_their_partition_only(place: Place) -> None:
    """Muted users are excepted from the record that lies where they live."""
    furnish(place)
    with place.worker(TIDINGS_SHARED_ABOVE="1"):
        place.publish(delayed(30))
        wait_until(lambda: place.end("notifications") >= PARTITIONS, "it is written")
    excepted = [place.codec.decode(m.value())[1]["excepted"] for m in place.records("notifications")]
    assert sorted(excepted) == [b"", mark_of("eve")]


def _forget_commits(place: Place) -> None:
    from confluent_kafka.admin import AdminClient

    group = place.settings.namespace.name("tidings-processors")
    admin = AdminClient(place.settings.kafka())

    def deleted() -> bool:
        try:
            admin.delete_consumer_groups([group])[group].result(10)
        except Exception:  # the group lasts until the killed worker's session is over
            return False
        return True

    wait_until(deleted, "the group is gone")
