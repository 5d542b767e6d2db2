"""A broker that goes away in the midst of a replay: it is killed, and comes back or does not."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tidings.local import kafka as embedded
from tidings.local import paths, ports
from tidings.local.child import Child
from tidings.local.service import Service, wait_ready
from tidings.local.services import Endpoints

from tests.service.replay.corner import Corner
from tests.service.replay.test_interruption import numbers, start, until_rows_came

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(300)]
COUNT = 8_000
AWAY = 60  # seconds


class Broker:
    """A Kafka of the test's own."""

    def __init__(self, folder: Path) -> None:
        folders = paths.beneath(folder, cache=paths.folders().cache)
        folders.create()
        self._service: Service = embedded.prepare(folders, ports.free_ports(), embedded.fetch(folders))
        self.address = self._service.address
        self._child: Child | None = None

    def start(self) -> None:
        """Returns when it answers."""
        self._child = self._service.start()
        wait_ready(self._service, self._child)

    def kill(self) -> None:
        """At once, without a word to anybody."""
        if self._child is not None:
            os.kill(self._child.pid, signal.SIGKILL)
            self._child.wait()
            self._child = None


@pytest.fixture
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """Running."""
    one = Broker(tmp_path_factory.mktemp("kafka"))
    one.start()
    yield one
    one.kill()


@pytest.fixture
def heavy(broker: Broker, kafka: Endpoints, namespace: str, tmp_path_factory: pytest.TempPathFactory) -> Corner:
    """Two partitions of 4,000 messages of 16,000 random characters: four times what a client holds in memory."""
    corner = Corner(Endpoints(broker.address, kafka.registry_url), namespace, tmp_path_factory.mktemp("home"))
    corner.topic("events.heavy", partitions=2)
    for partition in (0, 1):
        first = partition * COUNT // 2
        texts = (os.urandom(8_000).hex() for _ in range(COUNT // 2))
        values = [corner.message(n, text=text) for n, text in enumerate(texts, first)]
        corner.put("events.heavy", values, partition=partition)
    return corner


def _until_told(child: subprocess.Popen[str], text: str) -> None:
    assert child.stderr is not None
    for line in child.stderr:
        if text in line:
            return
    raise AssertionError(f"it ended without {text!r}")


def test_a_broker_that_is_away_for_a_minute_costs_only_the_minute(
    heavy: Corner, broker: Broker, tmp_path: Path
) -> None:
    """It is told, waited for, and every record comes, once and in order."""
    target = tmp_path / "x.jsonl"
    with start(heavy, "events.heavy", "-o", str(target)) as child:
        until_rows_came(child, tmp_path)
        broker.kill()
        _until_told(child, "Kafka does not answer; waiting for it")
        with pytest.raises(subprocess.TimeoutExpired):
            child.wait(AWAY)
        broker.start()
        _until_told(child, "Kafka is back after")
        assert child.wait(120) == 0
    assert numbers(target) == list(range(COUNT))


@pytest.mark.parametrize("more", [[], ["--ordered"]])
def test_a_broker_that_does_not_come_back_leaves_whole_files_and_a_token(
    heavy: Corner, broker: Broker, tmp_path: Path, more: list[str]
) -> None:
    """Exit code 1 after the patience; what came is whole, the token brings the rest."""
    target = tmp_path / "x.jsonl"
    with start(heavy, "events.heavy", "-o", str(target), "--json", *more, TIDINGS_REPLAY_PATIENCE="4") as child:
        until_rows_came(child, tmp_path)
        broker.kill()
        out, err = child.communicate(timeout=120)
    assert (child.returncode, "no answer from Kafka" in err) == (1, True)
    first = numbers(target)
    assert 0 < len(first) < COUNT
    broker.start()
    heavy.tidings("replay", "--resume", json.loads(out)["resume"])
    assert sorted(first + numbers(tmp_path / "x.part2.jsonl")) == list(range(COUNT))
