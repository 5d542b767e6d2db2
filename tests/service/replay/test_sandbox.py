"""What a replay writes reaches a user in a sandbox, and nobody elsewhere: through running gateways, to streams."""

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from confluent_kafka import Consumer, Message, Producer, TopicPartition
from tidings_bench import stack
from tidings_bench.tokens import Issuer
from tidings_schemas import admin
from tidings_schemas.settings import Settings

from tests.service.replay.corner import Corner

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(240)]
SECRET = secrets.token_hex(32)


@dataclass(frozen=True)
class Served:
    """A namespace with topics and a running gateway."""

    settings: Settings
    url: str

    @property
    def topic(self) -> str:
        """Full name of its notifications."""
        return self.settings.prefix + "notifications"

    def titles(self) -> list[str]:
        """What ann's list shows, newest first."""
        answer = httpx.get(f"{self.url}/v1/notifications", headers=_bearer(), timeout=30)
        assert answer.status_code == 200, answer.text
        return [one["title"] for one in answer.json()["notifications"]]


def _bearer() -> dict[str, str]:
    return {"Authorization": f"Bearer {Issuer(SECRET).token('ann')}"}


@pytest.fixture
def live(corner: Corner, tmp_path: Path) -> Iterator[Served]:
    """The users' own namespace."""
    yield from _served(corner, corner.prefix, tmp_path)


@pytest.fixture
def sandbox(corner: Corner, tmp_path: Path) -> Iterator[Served]:
    """A sandbox beside it."""
    yield from _served(corner, f"sandbox.{corner.prefix}", tmp_path)


def _served(corner: Corner, prefix: str, folder: Path) -> Iterator[Served]:
    settings = corner.settings.model_copy(update={"prefix": prefix, "partitions": 1})
    admin.ensure_topics(settings, admin.default_topics(("demo",)))
    server = stack.gateway(settings, folder, SECRET, f"gateway-{prefix}")
    with stack.running(server):
        yield Served(settings, f"http://127.0.0.1:{server.port}")


def _notification(corner: Corner, title: str) -> bytes:
    now = datetime.now(UTC)
    record: dict[str, Any] = {
        "id": title, "user": "ann", "rule": "told", "kind": "told", "topic": None, "title": title, "body": "",
        "url": None, "priority": "normal", "collapse_key": None, "locale": "en", "event_id": title,
        "event_type": "tidings.demo.Message", "event_time": now, "created_at": now, "expires_at": None, "count": 1,
        "items": [],
    }  # fmt: skip
    return corner.codec.encode("tidings.Notification", record)


def _records(settings: Settings, topic: str) -> list[Message]:
    consumer = Consumer(settings.kafka(**{"group.id": "x"}))
    consumer.assign([TopicPartition(topic, 0, 0)])
    found = consumer.consume(1, 30)
    consumer.close()
    return found


def test_a_replayed_notification_reaches_its_user_in_the_sandbox_and_not_elsewhere(
    corner: Corner, live: Served, sandbox: Served
) -> None:
    """Replayed into the sandbox, it comes there. The same marked record among the live notifications is passed over:
    the stream and the list go on with the next one."""
    corner.put("notifications", [_notification(corner, "first")], keys=["ann"])
    with httpx.stream("GET", f"{sandbox.url}/v1/stream", headers=_bearer(), timeout=60) as stream:
        lines = stream.iter_lines()
        _until(lines, "ready")
        corner.tidings("replay", "notifications", "-o", f"kafka:{sandbox.topic}", "--personal")
        assert _until(lines, "notification")["title"] == "first"
    assert sandbox.titles() == ["first"]

    (marked,) = _records(sandbox.settings, sandbox.topic)
    with httpx.stream("GET", f"{live.url}/v1/stream", headers=_bearer(), timeout=60) as stream:
        lines = stream.iter_lines()
        _until(lines, "ready")
        producer = Producer(live.settings.kafka())
        producer.produce(live.topic, _notification(corner, "again"), b"ann", headers=marked.headers())
        producer.produce(live.topic, _notification(corner, "second"), b"ann")
        assert producer.flush(30) == 0
        assert _until(lines, "notification")["title"] == "second"
    assert live.titles() == ["second", "first"]


def _until(lines: Iterator[str], event: str) -> dict[str, Any]:
    """The data of the next frame of that event."""
    for line in lines:
        if line == f"event: {event}":
            data = next(one for one in lines if one.startswith("data: "))
            return dict(json.loads(data[6:]))
    raise AssertionError(f"the stream ended without {event}")
