"""What answers look like: problems, headers, the page, health, metrics, the API's description."""

from pathlib import Path
from typing import Any

import pytest

from tests.service.gateway_api.gateways import Gateway, in_memory, settings, streamed, until

ORIGIN = "https://app.example.com"


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/v1/nothing", None, 404),
        ("PATCH", "/v1/me", None, 405),
        ("POST", "/v1/stream", None, 405),
        ("GET", "/v1/follows", None, 503),
        ("PUT", "/v1/follows/not%20a%20topic", None, 422),
        ("PUT", "/v1/preferences", {"time_zone": "Nowhere"}, 422),
        ("POST", "/v1/receipts", {"notifications": ["no uuid"], "state": "read"}, 422),
        ("POST", "/v1/receipts", {"notifications": [], "state": "eaten"}, 422),
        ("POST", "/v1/receipts", {"notifications": [], "state": "read", "nonsense": 1}, 422),
        ("POST", "/v1/receipts", {"notifications": [], "state": "read", "device": "x" * 2_000_000}, 413),
        ("GET", "/v1/topics?limit=0", None, 422),
        ("GET", "/v1/notifications?wait=3600&after=x", None, 422),
        ("POST", "/v1/events", {}, 403),
    ],
)
async def test_every_error_is_a_problem_that_says_what_to_do(
    gateway: Gateway, method: str, path: str, body: Any, status: int
) -> None:
    """Each error has RFC 9457's members, its own status in the body, and a sentence for people."""
    async with gateway.client() as http:
        answer = await http.request(method, path, json=body)
    problem = answer.json()
    assert (answer.status_code, problem["status"]) == (status, status)
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["type"].startswith("urn:tidings:problem:")
    assert len(problem["detail"]) > 10
    assert ("retry-after" in answer.headers) == (status == 503)


async def test_events_need_their_role(gateway: Gateway) -> None:
    """Who may read may not publish: the role is named in the refusal."""
    async with gateway.client("passenger-1", "analyst") as http:
        assert "publish" in (await http.post("/v1/events", json={})).json()["detail"]


async def test_without_kafka_a_write_is_answered_by_try_again(tmp_path: Path) -> None:
    """While Kafka does not answer, a write is 503 with a time to try again, not a lie and not a wait for ever."""
    async with in_memory(settings(tmp_path, write_timeout_s=0.5)) as gateway, gateway.client() as http:
        answer = await http.post("/v1/receipts", json={"notifications": [], "state": "read"})
    assert (answer.status_code, answer.headers["retry-after"].isdigit()) == (503, True)


async def test_readiness_names_what_is_missing(gateway: Gateway) -> None:
    """A gateway without Kafka lives but is not ready, and says why."""
    async with gateway.client(None) as http:
        assert (await http.get("/healthz")).status_code == 200
        answer = await http.get("/readyz")
    assert answer.status_code == 503
    assert any("Kafka" in problem for problem in answer.json()["problems"])


async def test_a_drain_is_seen_by_readiness_at_once(gateway: Gateway) -> None:
    """Once a drain has begun no load balancer should send anyone here."""
    await gateway.app.state.services.streams.drain(0)
    async with gateway.client(None) as http:
        assert "draining" in (await http.get("/readyz")).json()["problems"][0]


async def test_metrics_count_and_name_no_user(gateway: Gateway) -> None:
    """Prometheus sees answers by route and stream counts, and no user's name or topic."""
    async with gateway.client("secret-user") as http:
        await http.get("/v1/me")
        await http.get("/v1/follows/airport:SECRET")
        text = (await http.get("/metrics")).text
    assert 'tidings_gateway_http_requests_total{method="GET",route="/v1/me",status="200"} 1.0' in text
    assert 'route="/v1/follows/{topic}"' in text
    assert "tidings_gateway_streams_open 0.0" in text
    assert "secret" not in text.lower()


async def test_metrics_tell_how_old_notifications_are_on_arrival(gateway: Gateway) -> None:
    """A notification that comes while the gateway runs is counted by its age; what lay there before is not."""
    async with gateway.client() as http, streamed(http) as (_, events):
        await until(events, "ready")
        gateway.publish("passenger-1", "news")
        await until(events, "notification")
        text = (await http.get("/metrics")).text
    assert "tidings_gateway_arrival_seconds_count 1.0" in text
    assert 'tidings_gateway_arrival_seconds_bucket{le="2.5"} 1.0' in text
    assert "tidings_gateway_records_total 1.0" in text


async def test_the_description_covers_every_route(gateway: Gateway) -> None:
    """OpenAPI names each route with a description, and how to sign in where one must."""
    async with gateway.client(None) as http:
        document = (await http.get("/openapi.json")).json()
    operations = {(path, name): op for path, ops in document["paths"].items() for name, op in ops.items()}
    assert {"/v1/stream", "/v1/notifications", "/v1/follows/{topic}", "/v1/events"} <= document["paths"].keys()
    assert [key for key, op in operations.items() if not op.get("description")] == []
    assert [key[0] for key, op in operations.items() if not op["security"]] == [
        "/healthz",
        "/readyz",
        "/metrics",
        "/v1/session",
        "/v1/session",
    ]


async def test_without_a_built_page_it_says_how_to_build_it(tmp_path: Path) -> None:
    """A gateway from a checkout without the page says which command makes it."""
    async with in_memory(settings(tmp_path, static=tmp_path / "none")) as gateway, gateway.client(None) as http:
        answer = await http.get("/")
    assert "npm run build" in answer.text


async def test_the_page_is_kept_only_where_its_name_changes(tmp_path: Path) -> None:
    """Hashed assets are kept for ever, the page itself is asked for again, and it may run no foreign script."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html><title>Tidings</title>")
    (tmp_path / "assets" / "index-abc123.js").write_text("export {}")
    async with in_memory(settings(tmp_path, static=tmp_path)) as gateway, gateway.client(None) as http:
        page, script = await http.get("/"), await http.get("/assets/index-abc123.js")
        outside = await http.get("/..%2f..%2fetc/passwd")
    assert (page.status_code, page.headers["cache-control"]) == (200, "no-cache")
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert "immutable" in script.headers["cache-control"]
    assert outside.status_code == 404


async def test_an_allowed_page_of_another_origin_may_read(tmp_path: Path) -> None:
    """A page whose origin is allowed gets CORS headers, also on the stream; another gets none."""
    given = settings(tmp_path, origins=ORIGIN)
    async with in_memory(given) as gateway, gateway.client() as http:
        asked = {
            "origin": ORIGIN,
            "access-control-request-method": "PUT",
            "access-control-request-headers": "authorization",
        }
        preflight = await http.options("/v1/preferences", headers=asked)
        foreign = await http.get("/v1/me", headers={"origin": "https://evil.example"})
        async with http.stream("GET", "/v1/stream", headers={"origin": ORIGIN}) as stream:
            streamed = stream.headers
    assert preflight.headers["access-control-allow-origin"] == ORIGIN
    assert streamed["access-control-allow-origin"] == ORIGIN
    assert streamed["access-control-allow-credentials"] == "true"
    assert "access-control-allow-origin" not in foreign.headers


async def test_a_stream_s_answer_carries_the_protecting_headers(gateway: Gateway) -> None:
    """A stream is kept in no cache, buffered by no proxy, and names no server."""
    async with gateway.client() as http, http.stream("GET", "/v1/stream") as answer:
        headers = answer.headers
    assert headers["content-type"] == "text/event-stream; charset=utf-8"
    assert headers["cache-control"] == "no-store, no-transform"
    assert headers["x-accel-buffering"] == "no"
    assert headers["x-content-type-options"] == "nosniff"
    assert "server" not in headers
