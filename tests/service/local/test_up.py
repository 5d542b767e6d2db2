"""`tidings up` with everything real, as a person runs it. Downloads come from the user's cache."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from confluent_kafka import Consumer, TopicPartition
from tidings.local import ports, services

from tests.service.local.test_child import until

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(240)]


class Home:
    """A user's folders and ports, and the `tidings` command in them."""

    def __init__(self, root: Path) -> None:
        given = {"XDG_DATA_HOME": str(root / "data"), "XDG_STATE_HOME": str(root / "state")}
        elsewhere = (services.KAFKA, services.REGISTRY)
        kept = {name: value for name, value in os.environ.items() if name not in elsewhere}
        self.environ = {**kept, **given}
        self.root, self.port = root, ports.free_ports().gateway

    def tidings(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "tidings", *arguments]
        return subprocess.run(command, capture_output=True, text=True, env=self.environ, check=False)

    def up(self, *options: str) -> subprocess.CompletedProcess[str]:
        return self.tidings("up", "--port", str(self.port), *options)

    def status(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.tidings("status", "--json").stdout)
        return document

    def processes(self) -> list[psutil.Process]:
        """Every process that belongs to this home: started with its folders in the environment."""
        mine = f"XDG_STATE_HOME={self.root / 'state'}"
        return [one for one in psutil.process_iter() if one.pid != os.getpid() and mine in environ(one)]


def environ(process: psutil.Process) -> list[str]:
    try:
        return [f"{name}={value}" for name, value in process.environ().items()]
    except psutil.Error:
        return []


@contextmanager
def living(root: Path) -> Iterator[Home]:
    """Everything up in the background; afterwards nothing of it is left."""
    one = Home(root)
    started = one.up("--detach", "--json")
    assert started.returncode == 0, started.stderr
    yield one
    stopped = one.tidings("down")
    assert stopped.returncode == 0, stopped.stderr
    assert one.processes() == []


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """What this file's tests share; they leave it running."""
    with living(tmp_path_factory.mktemp("home")) as one:
        yield one


@pytest.fixture
def own_home(tmp_path: Path) -> Iterator[Home]:
    """A home that a test may take down."""
    with living(tmp_path) as one:
        yield one


def test_page_is_live_and_all_answer(home: Home) -> None:
    """The page is served, and each part with an address answers."""
    status = home.status()
    assert httpx.get(status["page"]).status_code == 200
    answers = {name: one["answers"] for name, one in status["services"].items()}
    assert answers == {"kafka": True, "registry": True, "processors": True, "gateway": True, "flights": None}


def test_flights_arrive_in_kafka(home: Home) -> None:
    """The source publishes real flights."""
    until(lambda: end_offset(home, "events.flights") > 0, within=30)


def test_second_up_says_what_runs(home: Home) -> None:
    """It starts nothing, names the page and the pids, and is content."""
    again = home.up()
    assert again.returncode == 0
    assert "already running" in again.stdout
    assert home.status()["page"] in again.stdout


def test_busy_port_is_told(home: Home, tmp_path: Path) -> None:
    """Another home with the same ports is told which one, who has it and what to do; nothing of it stays."""
    other = Home(tmp_path)
    other.port = home.port
    refused = other.up()
    assert refused.returncode == 1
    assert f"error: Port {home.port}, wanted for the gateway, is already in use" in refused.stderr
    assert "--port" in refused.stderr
    assert other.processes() == []


def test_killed_gateway_comes_back(home: Home) -> None:
    """It is started again on its port, and the run remembers that it was."""
    before = home.status()["services"]["gateway"]
    os.kill(before["pid"], signal.SIGKILL)
    until(lambda: bool(home.status()["services"]["gateway"]["answers"]), within=90)
    after = home.status()["services"]["gateway"]
    assert after["pid"] != before["pid"]
    assert after["restarts"] == before["restarts"] + 1
    log = (home.root / "state/tidings/logs/supervisor.log").read_text()
    assert "gateway ended unexpectedly (signal SIGKILL); starting it again" in log


def test_logs_are_printed(home: Home) -> None:
    """Each service has a log; one alone is printed without its name."""
    every = home.tidings("logs", "-n", "1").stdout
    assert {line.split()[0] for line in every.splitlines()} >= {"kafka", "registry"}
    assert home.tidings("logs", "kafka", "-n", "1").stdout.count("\n") == 1


def test_data_survive_and_ctrl_c_leaves_nothing(own_home: Home) -> None:
    """After `down`, a start in the foreground finds topics and events again; Ctrl-C ends it and all its children."""
    until(lambda: end_offset(own_home, "events.flights") > 0, within=30)
    before = end_offset(own_home, "events.flights")
    assert own_home.tidings("down").returncode == 0
    assert own_home.processes() == []
    command = [sys.executable, "-m", "tidings", "up", "--no-source", "--port", str(own_home.port)]
    shown = own_home.root / "shown"
    with shown.open("w") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=own_home.environ)
    until(lambda: "The page is live" in shown.read_text() or process.poll() is not None, within=90)
    assert "all there" in shown.read_text()
    assert end_offset(own_home, "events.flights") >= before > 0
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 0
    assert own_home.processes() == []
    assert own_home.status() == {"running": False}


def end_offset(home: Home, topic: str) -> int:
    """How many records its partitions were given, together."""
    consumer = Consumer({"bootstrap.servers": f"127.0.0.1:{home.port + 2}", "group.id": "none"})
    try:
        partitions = consumer.list_topics(topic, timeout=10).topics[topic].partitions
        return sum(consumer.get_watermark_offsets(TopicPartition(topic, one), timeout=10)[1] for one in partitions)
    finally:
        consumer.close()
