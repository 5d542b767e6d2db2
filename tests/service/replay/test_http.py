"""Replay over HTTP, served by uvicorn in a process of its own, as in production."""

import base64
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from requests_sse import EventSource
from tidings.local.ports import free_ports
from tidings_gateway.auth.development import DevelopmentIssuer, load_secret

from tests.service.replay.corner import T0, Corner
from tests.service.replay.test_dlq import letter
from tests.service.replay.test_times import KEPT, TOPIC, put

pytestmark = pytest.mark.kafka
COUNT = 50


@dataclass(frozen=True)
class Server:
    """A running `tidings replay-server` and who may ask it."""

    corner: Corner
    url: str
    issuer: DevelopmentIssuer
    log: Path

    def token(self, *roles: str, user: str = "ann", ttl: int = 600) -> dict[str, str]:
        """Headers with a token."""
        return {"Authorization": f"Bearer {self.issuer.issue(user, roles, ttl, time.time())}"}

    def get(self, path: str, *roles: str, **headers: str) -> httpx.Response:
        """One answer, whole."""
        return httpx.get(self.url + path, headers={**self.token(*roles), **headers}, timeout=60)

    def rows(self, path: str, *roles: str) -> list[dict[str, Any]]:
        """The rows of an answer in JSON lines."""
        answer = self.get(path, *(roles or ("analyst",)))
        assert answer.status_code == 200, answer.text
        return [json.loads(line) for line in answer.text.splitlines()]


@pytest.fixture
def server(corner: Corner, tmp_path: Path) -> Iterator[Server]:
    """A server over two partitions of messages; `events.demo` is public."""
    corner.topic("events.demo", partitions=2)
    corner.topic("receipts")
    for partition in (0, 1):
        corner.put("events.demo", corner.messages(COUNT, first=COUNT * partition), partition=partition)
    receipt = {"id": "r", "user": "alice", "notifications": [], "state": "read", "at": T0, "device": None}
    corner.put("receipts", [corner.codec.encode("tidings.Receipt", receipt)], keys=["alice"])
    port, key, log = free_ports().gateway, tmp_path / "dev.key", tmp_path / "log"
    issuer = DevelopmentIssuer(load_secret(key))
    command = [sys.executable, "-m", "tidings", "replay-server", "--port", str(port), "--public", "events.demo"]
    environ = {**os.environ, **corner.environ(), "TIDINGS_DEV_KEY_FILE": str(key), "LOG_FORMAT": "json"}
    with log.open("wb") as out, subprocess.Popen([*command, "--span", "200"], env=environ, stderr=out) as child:
        url = f"http://127.0.0.1:{port}"
        try:
            _until_ready(url, child)
            yield Server(corner, url, issuer, log)
        finally:
            child.terminate()


def _until_ready(url: str, child: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert child.poll() is None
        try:
            if httpx.get(url + "/readyz", timeout=10).status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.2)
    raise AssertionError("the server was not ready within 60 s")


def test_a_replay_comes_as_json_lines(server: Server) -> None:
    """With the same filters as the command."""
    rows = server.rows("/v1/replay?topic=events.demo&where=event.sequence%20%3E%3D%2090&limit=100")
    assert sorted(r["data"]["sequence"] for r in rows) == list(range(90, 100))


def test_a_replay_comes_as_events_and_goes_on_behind_one(server: Server) -> None:
    """`Last-Event-ID` gives exactly what follows."""
    path = "/v1/replay?topic=events.demo&limit=30"
    first = _events(server.get(path, "analyst", Accept="text/event-stream").text)
    headers = {"Accept": "text/event-stream", "Last-Event-ID": first[-1][0]}
    rest = _events(server.get("/v1/replay?topic=events.demo", "analyst", **headers).text)
    assert sorted(json.loads(data)["data"]["sequence"] for _, data in first + rest) == list(range(2 * COUNT))


def _events(text: str) -> list[tuple[str, str]]:
    """(id, data) of each event of a finished stream."""
    found = []
    for block in text.replace("\r\n", "\n").split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.split("\n") if ": " in line and not line.startswith(":"))
        if "data" in lines:
            found.append((lines["id"], lines["data"]))
    return found


def test_only_analysts_may_replay(server: Server) -> None:
    """401 without a token, 403 without the role."""
    assert httpx.get(server.url + "/v1/replay?topic=events.demo").status_code == 401
    assert server.get("/v1/replay?topic=events.demo", "publish").status_code == 403


def test_personal_data_needs_a_role_of_its_own(server: Server) -> None:
    """Masked for an analyst; in clear for who may."""
    (masked,) = server.rows("/v1/replay?topic=receipts")
    assert "alice" not in json.dumps(masked)
    assert server.get("/v1/replay?topic=receipts&personal=true", "analyst").status_code == 403
    (clear,) = server.rows("/v1/replay?topic=receipts&personal=true", "analyst", "personal")
    assert clear["data"]["user"] == "alice"


def test_a_dead_letter_is_masked_over_http_too(server: Server) -> None:
    """Key, value, headers and error of the record in it; in clear for who may."""
    server.corner.topic("dead-letters")
    server.corner.put("dead-letters", [letter(server.corner, 0, b"junk of alice", key=b"alice")], keys=["alice"])
    (masked,) = server.rows("/v1/replay?topic=dead-letters")
    assert "value" not in masked["data"]
    assert masked["data"]["value_size"] == 13
    assert "alice" not in json.dumps(masked)
    (clear,) = server.rows("/v1/replay?topic=dead-letters&personal=true", "analyst", "personal")
    assert clear["key"] == "alice"
    assert clear["data"]["value"] == base64.b64encode(b"junk of alice").decode()


def test_an_analyst_cannot_find_out_whose_pseudonym_it_is(server: Server) -> None:
    """Filters see what the analyst sees: a name finds nothing, the pseudonym does."""
    (masked,) = server.rows("/v1/replay?topic=receipts")
    for query in ("user=alice", "key=alice", "where=event.user%3D%3D%22alice%22"):
        assert server.rows(f"/v1/replay?topic=receipts&{query}") == []
    assert server.rows(f"/v1/replay?topic=receipts&user={masked['data']['user']}") == [masked]


def test_a_span_that_is_too_large_is_refused(server: Server) -> None:
    """413, with what to do."""
    server.corner.put("events.demo", server.corner.messages(150))
    answer = server.get("/v1/replay?topic=events.demo", "analyst")
    assert answer.status_code == 413
    assert "narrow it" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("query", "status"),
    [("topic=nothing", 404), ("topic=events.demo&from=soon", 400), ("topic=events.demo&where=x(", 400), ("", 422)],
)
def test_a_wrong_request_is_told_in_a_sentence(server: Server, query: str, status: int) -> None:
    """RFC 9457 for ours."""
    answer = server.get(f"/v1/replay?{query}", "analyst")
    assert answer.status_code == status
    assert answer.json()["detail"]


def test_a_third_replay_of_one_user_must_wait(server: Server) -> None:
    """429 with Retry-After, until one of the others ends."""
    path = server.url + "/v1/replay?topic=events.demo&follow=true"
    with (
        httpx.stream("GET", path, headers=server.token("analyst"), timeout=60) as one,
        httpx.stream("GET", path, headers=server.token("analyst"), timeout=60) as two,
    ):
        next(one.iter_lines())
        next(two.iter_lines())
        third = server.get("/v1/replay?topic=events.demo", "analyst")
        other = httpx.get(server.url + "/v1/replay?topic=events.demo", headers=server.token("analyst", user="bob"))
    assert (third.status_code, third.headers["retry-after"]) == (429, "5")
    assert other.status_code == 200


@pytest.mark.timeout(180)
def test_a_stream_ends_with_its_token(server: Server) -> None:
    """A replay without an end goes on as long as its token is valid, and no longer.

    A busy machine may need longer for the first row than a token lives; then one that lives longer is tried.
    """
    path, rows, issued, ttl = server.url + "/v1/replay?topic=events.demo&follow=true", 0, 0.0, 0
    for ttl in (3, 12, 48):
        issued = time.time()
        rows = len(httpx.get(path, headers=server.token("analyst", ttl=ttl), timeout=60).text.splitlines())
        if rows == 2 * COUNT:
            break
    assert rows == 2 * COUNT
    assert time.time() >= int(issued) + ttl
    assert _audited(server)[-1]["end"] == "token expired"


def _audited(server: Server) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in server.log.read_text().splitlines() if line.startswith("{")]
    return [line for line in lines if line.get("event") == "replay over HTTP"]


def test_every_replay_leaves_an_audit_line(server: Server) -> None:
    """Who, what, how much, and how it ended."""
    server.rows("/v1/replay?topic=events.demo&limit=7")
    (line,) = _audited(server)
    assert (line["user"], line["rows"], line["end"]) == ("ann", 7, "complete")
    assert line["request"]["topics"] == ["events.demo"]


def test_a_public_client_of_eventstreams_works_unchanged(server: Server) -> None:
    """requests-sse, without a token: since, several partitions in one, an id that goes on."""
    url = f"{server.url}/v2/stream/demo?since={(T0 - timedelta(minutes=1)).isoformat().replace('+00:00', 'Z')}"
    with EventSource(url, timeout=30) as source:
        events = [next(iter(source)) for _ in range(2 * COUNT)]
    documents = [json.loads(event.data or "") for event in events]
    assert sorted(d["sequence"] for d in documents) == list(range(2 * COUNT))
    meta = documents[0]["meta"]
    assert (meta["stream"], meta["topic"]) == ("demo", "events.demo")

    with EventSource(f"{server.url}/v2/stream/demo", latest_event_id=events[79].last_event_id, timeout=30) as source:
        again = [json.loads(next(iter(source)).data or "")["sequence"] for _ in range(20)]
    assert sorted(again) == sorted(d["sequence"] for d in documents[80:])


def test_wikimedias_own_client_works_unchanged(server: Server, tmp_path: Path) -> None:
    """pywikibot's `EventStreams`, with nothing but our address."""
    url = f"{server.url}/v2/stream/demo?since={round((T0 - timedelta(minutes=1)).timestamp() * 1000)}"
    script = (
        "from pywikibot.comms.eventstreams import EventStreams\n"
        f"stream = EventStreams(url={url!r}, site=None)\n"
        "stream.set_maximum_items(60)\n"
        "stream.register_filter(lambda data: data['meta']['stream'] == 'demo')\n"
        "print(sum(1 for event in stream if event['$schema'] == '/tidings.demo.Message'))"
    )
    environ = {**os.environ, "PYWIKIBOT_NO_USER_CONFIG": "2", "PYWIKIBOT_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", script], env=environ, cwd=tmp_path, capture_output=True, text=True, timeout=90
    )
    assert done.stdout.strip() == "60", done.stderr


def test_a_stream_goes_on_with_what_arrives(server: Server) -> None:
    """Without `since` it begins now."""
    with httpx.stream("GET", f"{server.url}/v2/stream/demo", timeout=60) as answer:
        server.corner.put("events.demo", [server.corner.message(777)])
        line = next(line for line in answer.iter_lines() if line.startswith("data: "))
    assert json.loads(line[6:])["sequence"] == 777


def test_a_stream_that_is_not_public_needs_a_token(server: Server) -> None:
    """And a forged position is refused."""
    assert httpx.get(f"{server.url}/v2/stream/receipts").status_code == 401
    headers = {"Last-Event-ID": '[{"topic":"receipts","partition":0,"offset":0}]'}
    assert httpx.get(f"{server.url}/v2/stream/demo", headers=headers).status_code == 400


@pytest.mark.parametrize("how", ["", "&limit=100", "&speed=1000000"], ids=["in bulk", "with a limit", "paced"])
def test_records_of_no_time_do_not_end_an_answer(server: Server, how: str) -> None:
    """Their neighbours go on, over both routes."""
    put(server.corner)
    assert [row["id"] for row in server.rows(f"/v1/replay?topic={TOPIC}&from=earliest{how}")] == KEPT
    if not how:
        headers = server.token("analyst") | {
            "Last-Event-ID": json.dumps([{"topic": TOPIC, "partition": 0, "offset": 0}])
        }
        with httpx.stream("GET", f"{server.url}/v2/stream/flights", headers=headers, timeout=60) as answer:
            data = (json.loads(line[6:]) for line in answer.iter_lines() if line.startswith("data: "))
            assert [next(data)["meta"]["id"] for _ in KEPT] == KEPT


@pytest.mark.parametrize("since", ["9" * 18, "9" * 5000, "²"])
def test_a_beginning_that_is_no_time_is_refused(server: Server, since: str) -> None:
    """As a number, or in a `Last-Event-ID`."""
    assert server.get(f"/v2/stream/demo?since={since}", "analyst").status_code == 400
    text = json.dumps([{"topic": "events.demo", "partition": 0, "timestamp": 10**18}])
    assert server.get("/v2/stream/demo", "analyst", **{"Last-Event-ID": text}).status_code == 400
