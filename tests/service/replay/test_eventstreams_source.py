"""The source `eventstreams` against our own service: what it publishes, and that it goes on where it was."""

import json

import pytest

from tests.service.replay.test_http import COUNT, T0, Server, server

pytestmark = pytest.mark.kafka
__all__ = ["server"]


def _source(server: Server, limit: int) -> dict[str, int]:
    begin = T0.replace(tzinfo=None).isoformat()
    arguments = ["source", "eventstreams", "demo", "--url", f"{server.url}/v2/stream", "--limit", str(limit), "--json"]
    since = [] if server.corner.rows("events.eventstreams", "--limit", "1") else ["--since", begin]
    done: dict[str, int] = json.loads(server.corner.tidings(*arguments, *since).stdout)
    return done


def test_every_event_comes_into_kafka_once_over_two_runs(server: Server) -> None:
    """60 of 100, then the rest; what came already is left out."""
    server.corner.topic("events.eventstreams", partitions=2)
    assert _source(server, 60)["published"] == 60
    second = _source(server, 2 * COUNT - 60)
    rows = server.corner.rows("events.eventstreams", "--personal")
    numbers = [json.loads(row["data"]["json"])["sequence"] for row in rows]
    assert sorted(numbers) == list(range(2 * COUNT))
    assert second["published"] == 2 * COUNT - 60


def test_a_service_that_refuses_is_told(server: Server) -> None:
    """A stream that does not exist there."""
    server.corner.topic("events.eventstreams")
    result = server.corner.tidings("source", "eventstreams", "nothing", "--url", f"{server.url}/v2/stream", exit_code=1)
    assert "answered 400" in str(result.exception)
