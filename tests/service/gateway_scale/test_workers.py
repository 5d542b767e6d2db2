"""Several workers on one port, on a real Kafka: everybody is served, whatever becomes of one of them."""

import os
import select
import signal
import socket
import subprocess
import sys
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import httpx
import psutil
import pytest
from tidings.local.ports import free_ports
from tidings.local.services import Endpoints

from tests.service.gateway_api.test_running import failed
from tests.service.gateway_scale.processes import Corner, corner, gateway, is_ready, until
from tests.stopwatch import Stopwatch
from tests.streaming.client import EventStream

DRAIN_S = 2.0


class Two(NamedTuple):
    """Two workers on a port, and their parent."""

    here: Corner
    port: int
    parent: subprocess.Popen[bytes]


def workers(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """The workers of a parent, without Python's resource tracker."""
    children = psutil.Process(process.pid).children()
    return [child for child in children if "spawn_main" in " ".join(child.cmdline())]


def series(port: int, name: str) -> dict[str, float]:
    """A metric of each worker, by its number."""
    lines = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=10).text.splitlines()
    return {
        line.split('worker="')[1].split('"')[0]: float(line.rsplit(" ", 1)[1])
        for line in lines
        if line.startswith(name + "{")
    }


def opened(stack: ExitStack, here: Corner, port: int, count: int) -> dict[str, EventStream]:
    """So many users' streams, ready."""
    users = [f"user-{number}" for number in range(count)]
    streams = {user: stack.enter_context(here.stream(port, user)) for user in users}
    for stream in streams.values():
        stream.until_ready()
    return streams


def told(stack: ExitStack, here: Corner, port: int, count: int) -> dict[str, float]:
    """So many users are there, and each is told something of their own; returns the open streams of each worker."""
    streams = opened(stack, here, port, count)
    here.publish(*streams, title="hello")
    for stream in streams.values():
        stream.until_titles("hello")
    return series(port, "tidings_gateway_streams_open")


@pytest.mark.kafka
def test_streams_spread_over_the_workers_and_each_gets_its_own(here: Corner, port: int) -> None:
    """One port, two readers of Kafka, and nobody is told twice or left out; the metrics name both workers."""
    with gateway(here, port, "--workers", "2"), ExitStack() as stack:
        by_worker = told(stack, here, port, 60)
        assert sum(by_worker.values()) == 60
        assert min(by_worker.values()) >= 10  # of a fair coin thrown 60 times once in ten millions less
        until(lambda: sum(series(port, "tidings_gateway_records_total").values()) >= 60, "all are counted")
        assert sum(series(port, "tidings_gateway_records_total").values()) == 60  # each was read once
        assert series(port, "tidings_gateway_worker_up") == {"0": 1, "1": 1}


@pytest.mark.kafka
def test_workers_without_a_partition_pass_everybody_on(here: Corner, port: int) -> None:
    """Five of them on four partitions."""
    with gateway(here, port, "--workers", "5"), ExitStack() as stack:
        assert list(told(stack, here, port, 40).values()).count(0) == 1


@pytest.fixture(scope="module")
def two(kafka: Endpoints, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    """Two workers for several tests, each with users of its own."""
    with corner(kafka, f"two-{uuid.uuid4().hex}.", tmp_path_factory.mktemp("two")) as here:
        port = free_ports().gateway
        with gateway(here, port, "--workers", "2") as parent:
            yield Two(here, port, parent)


@pytest.mark.kafka
def test_one_connection_may_ask_for_one_user_after_another(two: Two) -> None:
    """It goes to and fro between the workers, with what they all can answer in between."""
    users = [f"reader-{number}" for number in range(20)]
    two.here.publish(*users, title="hello")
    with httpx.Client(base_url=f"http://127.0.0.1:{two.port}", timeout=30) as http:
        for user in users * 2:
            headers = {"authorization": two.here.bearer(user)}
            until(lambda: _titles(http, headers) == ["hello"], "it is there")  # noqa: B023
            assert http.get("/v1/follows", headers=headers).json() == {"follows": []}


@pytest.mark.kafka
def test_what_cannot_be_passed_on_is_answered(two: Two) -> None:
    """A request with more behind it on the same connection, or with a body: here, or that it belongs elsewhere."""
    for number in range(20):
        bearer = two.here.bearer(f"asker-{number}")
        head = f"GET /v1/notifications HTTP/1.1\r\nhost: localhost\r\nauthorization: {bearer}"
        for request, answers in (
            (f"{head}\r\n\r\n{head}\r\nconnection: close\r\n\r\n", 2),
            (f"{head}\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{{}}", 1),
        ):
            with socket.create_connection(("127.0.0.1", two.port), 30) as connection:
                connection.sendall(request.encode())
                got = b"".join(iter(lambda: connection.recv(65536), b""))
                assert got.count(b"HTTP/1.1 200") + got.count(b"HTTP/1.1 421") == answers


@pytest.mark.kafka
def test_connections_that_were_passed_on_leave_nothing_behind(two: Two) -> None:
    """Neither where they came nor where they went."""
    everybody = [psutil.Process(two.parent.pid), *workers(two.parent)]
    httpx.get(f"http://127.0.0.1:{two.port}/metrics", timeout=30)  # opens what is kept open
    before = sum(process.num_fds() for process in everybody)
    with ExitStack() as stack:
        opened(stack, two.here, two.port, 100)
    until(lambda: sum(series(two.port, "tidings_gateway_streams_open").values()) == 0, "all have gone")
    # Some are those of requests for metrics, which come and go.
    until(lambda: sum(process.num_fds() for process in everybody) < before + 10, "their descriptors are closed")


@pytest.mark.kafka
def test_a_killed_worker_is_started_again_and_nothing_is_lost(here: Corner, port: int) -> None:
    """The other's streams notice nothing, no connection is refused meanwhile, and who was cut off resumes."""
    with gateway(here, port, "--workers", "2") as parent, ExitStack() as stack:
        streams = opened(stack, here, port, 40)
        shares = set(series(port, "tidings_gateway_streams_open").values())
        victim = workers(parent)[0]
        victim.kill()
        until(lambda: _reread(streams.values()) and sum(s.closed for s in streams.values()) in shares, "it is seen")
        here.publish(*streams, title="while it is away")
        lost = {user: stream for user, stream in streams.items() if stream.closed}
        assert 0 < len(lost) < len(streams)
        for user in streams.keys() - lost.keys():
            streams[user].until_titles("while it is away")
        again = {user: stack.enter_context(here.stream(port, user, old.cursor)) for user, old in lost.items()}
        for stream in again.values():
            stream.until_titles("while it is away")
        assert victim.pid not in {worker.pid for worker in workers(parent)}
        until(lambda: is_ready(port), "both workers are ready again")
        assert series(port, "tidings_gateway_worker_up") == {"0": 1, "1": 1}


@pytest.mark.kafka
def test_sigterm_drains_all_workers(here: Corner, port: int) -> None:
    """Every one of 300 streams gets `bye` and its own reconnection time; the end comes within drain + 2 s, with 0."""
    drain = {"TIDINGS_STREAM_DRAIN": str(DRAIN_S), "TIDINGS_STREAM_PER_ADDRESS": "10000"}
    with gateway(here, port, "--workers", "2", **drain) as parent, ExitStack() as stack:
        streams = opened(stack, here, port, 300)
        with Stopwatch() as end:
            parent.send_signal(signal.SIGTERM)
            until(
                lambda: _reread(streams.values()) and all(s.ended for s in streams.values()), "all streams have ended"
            )
            assert parent.wait(30) == 0
        assert end.took_less_than(2, beside=DRAIN_S), end
        assert Counter(stream.types()[-1] for stream in streams.values()) == {"bye": 300}
        assert len({stream.parser.retry for stream in streams.values()}) > 200


@pytest.mark.kafka
def test_workers_do_not_outlive_their_parent(here: Corner, port: int) -> None:
    """A parent that is killed leaves no orphans that hold the port: they drain and end by themselves."""
    with gateway(here, port, "--workers", "2", TIDINGS_STREAM_DRAIN="0.2") as parent:
        orphans = workers(parent)
        with here.stream(port, "ann") as stream:
            stream.until_ready()
            parent.kill()
            stream.until(lambda s: "bye" in s.types())
        _, alive = psutil.wait_procs(orphans, 10)
        assert not alive


def test_workers_that_cannot_run_are_told_once(tmp_path: Path) -> None:
    """Without Kafka there is one error, with its remedy, and no process is started again and again."""
    assert "tidings up" in failed(tmp_path, "--port", "0", "--workers", "2")


@pytest.mark.kafka
def test_a_port_shared_by_other_workers_is_busy(here: Corner, port: int) -> None:
    """A second gateway on the port is refused, though the kernel would let it share."""
    with gateway(here, port, "--workers", "2"):
        command = [sys.executable, "-m", "tidings_gateway", "--port", str(port), "--workers", "2"]
        environ = dict(os.environ) | here.environ
        second = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, cwd=here.folder)
        assert second.returncode == 1
        assert "another program" in second.stderr


def _titles(http: httpx.Client, headers: dict[str, str]) -> list[str]:
    inbox = http.get("/v1/notifications", headers=headers).json()
    return [notification["title"] for notification in inbox["notifications"]]


def _reread(streams: object) -> bool:
    waiting = [stream for stream in streams if not (stream.closed or stream.ended)]  # type: ignore[attr-defined]
    for stream in select.select(waiting, [], [], 0.05)[0]:
        stream.read()
    return True
