"""Fixtures that all tests may use: a real Kafka with a schema registry, and a corner of it for each test.

Which Kafka: `KAFKA_BOOTSTRAP_SERVERS` and `SCHEMA_REGISTRY_URL` if both are set; else containers, if
`TIDINGS_TEST_DOCKER` is set; else the embedded one, started once and shared by all pytest-xdist workers.
"""

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from tidings.local import services, shared
from tidings.local.services import Endpoints

# How long an example takes says more about what else runs on the machine than about the code. A change is judged by
# the same examples each time, so that it is not blamed for what another left; `make explore` looks for new ones.
settings.register_profile("tidings", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None, derandomize=False, max_examples=2_000)
settings.load_profile("tidings")

_LONG_S = 3600  # for a test of a hundred thousand examples


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Those that may take long go first, so that no worker of a parallel run is left alone with one at the end."""
    if os.environ.get("TIDINGS_LONG"):
        for item in items:
            item.add_marker(pytest.mark.timeout(_LONG_S))
    items.sort(key=_patience, reverse=True)


def _patience(item: pytest.Item) -> float:
    """Seconds that its file grants; all tests of a file stay together."""
    marker = next(iter(item.listchain()[-2].iter_markers("timeout")), None)
    return float(marker.args[0]) if marker else 0.0


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoints]:
    """A running Kafka and registry: `.bootstrap_servers`, `.registry_url`, and `.environ()` for child processes."""
    if running := services.given(os.environ).complete():
        yield running
    elif os.environ.get("TIDINGS_TEST_DOCKER"):
        from tests.containers import containers

        with containers() as running:
            yield running
    else:
        with shared.joined(_session_folder(tmp_path_factory) / "stack") as running:
            yield running


@pytest.fixture
def namespace() -> str:
    """A prefix of this test's own for topics and consumer groups: the value for `TIDINGS_NAMESPACE`."""
    return f"t{uuid.uuid4().hex[:10]}."


def _session_folder(factory: pytest.TempPathFactory) -> Path:
    """The same for all xdist workers of a run: each has a folder of its own inside it."""
    base = factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
